"""Built-in pictures without a download: they come with a dependency, or are generated."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from convscope.pictures.shapes.kept_drawings import kept_shapes
from convscope.pictures.sources.arrays import ArraySource, open_arrays

if TYPE_CHECKING:
    from collections.abc import Callable

_SHAPES = 3_600


def open_digits() -> ArraySource:
    """Open scikit-learn's 1,797 handwritten digits: 8x8, greyscale.

    Their values 0..16 are scaled to 0..255. The file is read without importing scikit-learn, which would take
    longer than everything else before the first epoch.

    Source: https://archive.ics.uci.edu/dataset/80 (the test part of it).

    Raises:
        ModuleNotFoundError: scikit-learn is not installed.
    """
    package = find_spec("sklearn")
    if package is None or not package.submodule_search_locations:
        raise ModuleNotFoundError("the digits are part of scikit-learn", name="sklearn")
    file = Path(package.submodule_search_locations[0]) / "datasets" / "data" / "digits.csv.gz"
    rows = np.loadtxt(file, np.uint8, delimiter=",")
    pixels = np.rint(rows[:, :-1].reshape(-1, 8, 8) * (255 / 16)).astype(np.uint8)
    return open_arrays(pixels, rows[:, -1], name="digits")


@cache
def open_shapes() -> ArraySource:
    """Draw 3,600 shapes, 400 of each of nine kinds: 28x28, white on black, as people draw with a mouse.

    They are generated once, in a few seconds, and cached.
    """
    pictures, labels = kept_shapes(_SHAPES)
    return open_arrays(pictures, labels, name="shapes")


BUILT_IN: dict[str, Callable[[], ArraySource]] = {"digits": open_digits, "shapes": open_shapes}
"""The function that opens built-in pictures, by name."""
