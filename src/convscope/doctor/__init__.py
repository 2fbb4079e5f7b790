"""The doctor: what is wrong with a set of pictures, before anything is learned from it. It only ever reads.

1. `examination`: every picture is decoded once; what is kept of it is small.
2. `descriptors`, `candidates`, `alignment`: pictures that are the same to a person, and not byte by byte.
3. `copies`: equal and nearly equal pictures, put into groups.
4. `label_suspects`: labels that models which never saw the picture doubt.
5. `findings`: the rules that say what is worth a person's time.
6. `diagnosis`: all of it for one source. `summary`: the part that costs nothing, before every training.
7. `manifest`, `page`: the list of the good pictures, and the findings to look at.
"""
