"""Pictures that look the same without being equal, byte by byte.

1. `looks`: a thumbnail and a few colours of each picture.
2. `descriptors`, `candidates`, `alignment`: which thumbnails may show the same, and whether they do.
3. `pairs`: pairs of pictures that are nearly equal. `clusters`: equal and nearly equal pictures as groups.
"""
