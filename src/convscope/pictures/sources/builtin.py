"""Pictures that need no download: they come with a dependency, or are drawn by code."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from convscope.pictures.shapes.drawings import draw_shapes
from convscope.pictures.sources.arrays import ArraySource, open_arrays

if TYPE_CHECKING:
    from collections.abc import Callable

_SHAPES = 3_600


def open_digits() -> ArraySource:
    """Open scikit-learn's 1,797 handwritten digits: 8x8, greyscale.

    Their values 0..16 are scaled to 0..255.

    Source: https://archive.ics.uci.edu/dataset/80 (the test part of it).
    """
    from sklearn.datasets import load_digits  # noqa: PLC0415 - slow to import, and only this source needs it

    digits: Any = load_digits()
    pixels = np.rint(digits["images"] * (255 / 16)).astype(np.uint8)
    return open_arrays(pixels, digits["target"], name="digits")


@cache
def open_shapes() -> ArraySource:
    """Draw 3,600 shapes, 400 of each of nine kinds: 28x28, white on black, as people draw with a mouse.

    They are drawn once in each process, in a few seconds.
    """
    pictures, labels = draw_shapes(_SHAPES)
    return open_arrays(pictures, labels, name="shapes")


BUILT_IN: dict[str, Callable[[], ArraySource]] = {"digits": open_digits, "shapes": open_shapes}
"""The word that stands for built-in pictures, and what opens them."""
