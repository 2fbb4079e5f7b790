"""Average pooling: every window gives the mean of its numbers, in each map by itself.

It asks how much of a feature there is in the window, where max pooling asks whether there is any. With
overhang a window's cells outside the map do not take part: the mean is over the cells inside.

Source: Deep Learning, section 9.3; Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, "Gradient-based learning
applied to document recognition", Proceedings of the IEEE 1998, where it is called sub-sampling.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from convscope.steps.arrays import Array, as_array

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from convscope.steps.windows import Cell, Windows


@dataclass(frozen=True, slots=True)
class AverageWindow:
    """How one cell came about: total / count = result.

    Attributes:
        cells: Of the window, row by row; those that hang over the edge of the map have no value.
        total: The sum of the values.
        count: How many cells have one.
        result: Their mean.
    """

    cells: tuple[Cell, ...]
    total: float
    count: int
    result: float


def forward(maps: ArrayLike, windows: Windows) -> Array:
    """Pool maps by their windows' means.

    Args:
        maps: (channels, height, width).
        windows: Their size and stride, and whether the last ones may overhang at the right and the bottom.

    Returns:
        (channels, output height, output width); see `windows` for their size.

    Raises:
        NetworkError: The maps have another shape, or no window fits into them.

    Example:
        >>> from convscope.steps.windows import Windows
        >>> forward([[[1, 2, 3], [5, 8, 7]]], Windows((2, 2), (2, 2))).tolist()
        [[[4.0]]]
        >>> forward([[[1, 2, 3], [5, 8, 7]]], Windows((2, 2), (2, 2), overhang=True)).tolist()
        [[[4.0, 5.0]]]
    """
    maps = as_array(maps, "maps", channels=None, height=None, width=None)
    return windows.slide(maps).sum(axis=(3, 4)) / _counts(windows, maps)


def gradient(at_output: ArrayLike, maps: ArrayLike, windows: Windows) -> Array:
    """Find the gradient at the maps: every window shares its own out evenly.

    Args:
        at_output: The gradient at the output, (channels, output height, output width).
        maps: As in `forward`; only their shape matters.
        windows: As in `forward`.

    Raises:
        NetworkError: The shapes do not fit together.

    Example:
        >>> from convscope.steps.windows import Windows
        >>> gradient([[[12]]], [[[1, 2], [5, 8]]], Windows((2, 2), (2, 2))).tolist()
        [[[3.0, 3.0], [3.0, 3.0]]]
    """
    maps = as_array(maps, "maps", channels=None, height=None, width=None)
    counts = _counts(windows, maps)
    height, width = counts.shape[1:]
    at_output = as_array(at_output, "gradients", channels=len(maps), height=height, width=width)
    shares = (at_output / counts)[..., np.newaxis, np.newaxis]
    return windows.add_back(np.broadcast_to(shares, (*at_output.shape, *windows.size)), maps.shape)


def explain(maps: ArrayLike, windows: Windows, *, channel: int, row: int, column: int) -> AverageWindow:
    """Tell how one cell of the output came about.

    Args:
        maps: As in `forward`.
        windows: As in `forward`.
        channel: Which map.
        row: Of the cell in the output.
        column: Likewise.

    Raises:
        NetworkError: The maps have another shape, or no window fits into them.
        SettingError: There is no such cell.

    Example:
        >>> from convscope.steps.windows import Windows
        >>> cell = explain([[[1, 2, 6]]], Windows((1, 2), (1, 2), overhang=True), channel=0, row=0, column=1)
        >>> cell.total, cell.count, cell.result
        (6.0, 1, 6.0)
    """
    maps = as_array(maps, "maps", channels=None, height=None, width=None)
    cells = windows.read(maps, channel=channel, row=row, column=column)
    values = [cell.value for cell in cells if cell.value is not None]
    return AverageWindow(cells, sum(values), len(values), sum(values) / len(values))


def _counts(windows: Windows, maps: Array) -> Array:
    """How many cells of each window lie inside a map; (1, output rows, output columns)."""
    return windows.slide(np.ones_like(maps[:1])).sum(axis=(3, 4))
