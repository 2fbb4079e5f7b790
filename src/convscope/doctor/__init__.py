"""The doctor: find problems in a data set before training, without changing it.

1. `examination`: decode every picture once and record its properties. `jpeg_damage`: JPEGs with lost data.
2. `label_suspects`: find labels contradicted by models that were not trained on the picture.
3. `findings`: the rules for what is reported.
4. `diagnosis`: all findings in a source. `summary`: the part that needs no extra time, before every training.
5. `manifest`, `page`: a manifest of the good pictures, and a page with the findings.
"""
