"""The doctor: find problems in a data set before training. It only reads.

1. `examination`: decode every picture once and keep a little of each. `jpeg_damage`: JPEGs that lost a part.
2. `label_suspects`: find labels that models contradict which were not trained on the picture.
3. `findings`: the rules that decide what is reported.
4. `diagnosis`: all of it for one source. `summary`: the part that costs nothing, before every training.
5. `manifest`, `page`: the list of the good pictures, and the findings to look at.
"""
