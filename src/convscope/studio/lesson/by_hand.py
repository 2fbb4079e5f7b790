"""Whole numbers for calculation by hand: the course's smiley, and a filter that detects horizontal lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from convscope.steps import convolution
from convscope.steps.windows import Windows
from convscope.walkthrough.smiley import smiley_picture

if TYPE_CHECKING:
    from convscope.steps.arrays import Array

WINDOWS = Windows((3, 3))
LINE_FILTER: Array = np.array([[-1, -1, -1], [2, 2, 2], [-1, -1, -1]], float)
"""Its weights sum to 0, so that it ignores areas of constant brightness."""


def drawing() -> Array:
    """Return the smiley: (7, 7), 0 is black and 1 is white."""
    return smiley_picture() / 255


def line_map() -> Array:
    """Return the feature map of the smiley: (5, 5).

    Example:
        >>> line_map()[4].tolist()
        [1.0, 3.0, 6.0, 3.0, 1.0]
    """
    return convolution.forward([drawing()], [[LINE_FILTER]], [0], WINDOWS)[0]


def window_at(row: int, column: int) -> Array:
    """Return the window of a cell of the feature map: (3, 3)."""
    return drawing()[row : row + 3, column : column + 3]
