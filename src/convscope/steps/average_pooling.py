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
from convscope.steps.windows import Cell, Windows

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


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


def forward(
    maps: ArrayLike, window: tuple[int, int], stride: tuple[int, int], *, overhang: bool = False
) -> Array:
    """Pool maps by their windows' means.

    Args:
        maps: (channels, height, width).
        window: (height, width).
        stride: How far the window moves, (down, across).
        overhang: Whether the last windows may stick out at the right and at the bottom.

    Returns:
        (channels, output height, output width); see `windows` for their size.

    Raises:
        NetworkError: The maps have another shape, or no window fits into them.
        SettingError: The window or the stride is less than 1.

    Example:
        >>> forward([[[1, 2, 3], [5, 8, 7]]], window=(2, 2), stride=(2, 2)).tolist()
        [[[4.0]]]
        >>> forward([[[1, 2, 3], [5, 8, 7]]], window=(2, 2), stride=(2, 2), overhang=True).tolist()
        [[[4.0, 5.0]]]
    """
    maps = as_array(maps, "maps", channels=None, height=None, width=None)
    windows = Windows(window, stride, overhang=overhang)
    return windows.slide(maps).sum(axis=(3, 4)) / _counts(windows, maps)


def gradient(
    at_output: ArrayLike,
    maps: ArrayLike,
    window: tuple[int, int],
    stride: tuple[int, int],
    *,
    overhang: bool = False,
) -> Array:
    """Find the gradient at the maps: every window shares its own out evenly.

    Args:
        at_output: The gradient at the output, (channels, output height, output width).
        maps: As in `forward`; likewise the others. Only their shape matters.
        window: (height, width).
        stride: (down, across).
        overhang: Whether windows may stick out.

    Raises:
        NetworkError: The shapes do not fit together.
        SettingError: The window or the stride is less than 1.

    Example:
        >>> gradient([[[12]]], [[[1, 2], [5, 8]]], window=(2, 2), stride=(2, 2)).tolist()
        [[[3.0, 3.0], [3.0, 3.0]]]
    """
    maps = as_array(maps, "maps", channels=None, height=None, width=None)
    windows = Windows(window, stride, overhang=overhang)
    counts = _counts(windows, maps)
    height, width = counts.shape[1:]
    at_output = as_array(at_output, "gradients", channels=len(maps), height=height, width=width)
    shares = (at_output / counts)[..., np.newaxis, np.newaxis]
    return windows.add_back(np.broadcast_to(shares, (*at_output.shape, *window)), maps.shape)


def explain(
    maps: ArrayLike,
    window: tuple[int, int],
    stride: tuple[int, int],
    *,
    overhang: bool = False,
    channel: int,
    row: int,
    column: int,
) -> AverageWindow:
    """Tell how one cell of the output came about.

    Args:
        maps: As in `forward`; likewise the next three.
        window: (height, width).
        stride: (down, across).
        overhang: Whether windows may stick out.
        channel: Which map.
        row: Of the cell in the output.
        column: Likewise.

    Raises:
        NetworkError: The maps have another shape, or no window fits into them.
        SettingError: There is no such cell.

    Example:
        >>> cell = explain([[[1, 2, 6]]], (1, 2), (1, 2), overhang=True, channel=0, row=0, column=1)
        >>> cell.total, cell.count, cell.result
        (6.0, 1, 6.0)
    """
    maps = as_array(maps, "maps", channels=None, height=None, width=None)
    windows = Windows(window, stride, overhang=overhang)
    cells = windows.read(maps, channel=channel, row=row, column=column)
    values = [cell.value for cell in cells if cell.value is not None]
    return AverageWindow(cells, sum(values), len(values), sum(values) / len(values))


def _counts(windows: Windows, maps: Array) -> Array:
    """How many cells of each window lie inside a map; (1, output rows, output columns)."""
    return windows.slide(np.ones_like(maps[:1])).sum(axis=(3, 4))
