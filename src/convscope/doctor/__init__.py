"""The doctor: find problems in a data set before training. It only reads.

1. `examination`: decode every picture once and keep a little of each.
2. `descriptors`, `candidates`, `alignment`: find pictures that look the same without being equal bytes.
3. `copies`: group equal and nearly equal pictures.
4. `label_suspects`: find labels that models contradict which were not trained on the picture.
5. `findings`: the rules that decide what is reported.
6. `diagnosis`: all of it for one source. `summary`: the part that costs nothing, before every training.
7. `manifest`, `page`: the list of the good pictures, and the findings to look at.
"""
