"""Pictures that look the same without being identical files.

1. `looks`: a thumbnail and a few colours of each picture.
2. `descriptors`, `candidates`, `alignment`: find thumbnails that may show the same, and check them.
3. `pairs`: pairs of pictures that are nearly equal. `clusters`: equal and nearly equal pictures as groups.
"""
