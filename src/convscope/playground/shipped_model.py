"""The small network that comes with convscope, which classifies drawings of nine shapes.

`benchmarks/shapes_model.py` trains it on the built-in data set `shapes`. Its first filters are learned, not
computed. Two exact transformations then make its arithmetic easy to follow, with the same predictions:

    pixels are read as 0 to 1, so a black background contributes 0 to each sum      mean 0, std 255
    the temperature is part of the output layer's weights                           temperature 1

It expects drawings placed as in `studio/walk/drawings.py`: white on black, with the longer side of the ink
about 0.83 of the picture's side, and its centre of mass in the middle.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path

from convscope.model.file import Model, load


def shapes_model_path() -> Path:
    """Return the path of the model's file."""
    return Path(str(files("convscope.playground") / "shapes.safetensors"))


@cache
def shapes_model() -> Model:
    """Load the model.

    Example:
        >>> shapes_model().notation, shapes_model().classes[:3]
        ('6C5p0-MP2-12C3p0-MP2', ('arrow left', 'arrow right', 'circle'))
    """
    return load(shapes_model_path())
