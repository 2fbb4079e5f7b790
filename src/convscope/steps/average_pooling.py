"""Average pooling: each window gives the mean of its numbers, in each map separately.

It measures how strongly a feature responds in the window on average; max pooling only keeps the strongest
response. Cells of an overhanging window that lie outside the map are ignored: the mean is taken over the
cells inside.

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
    """How one cell is computed: total / count = result.

    Attributes:
        cells: The window's cells, row by row; those beyond the edge of the map have no value.
        total: Sum of the values.
        count: Number of cells that have a value.
        result: Mean of the values.
    """

    cells: tuple[Cell, ...]
    total: float
    count: int
    result: float


def forward(maps: ArrayLike, windows: Windows) -> Array:
    """Replace each window by its mean.

    Args:
        maps: (channels, height, width).
        windows: Size and stride of the windows, and whether the last ones may overhang on the right and at
            the bottom.

    Returns:
        (channels, output height, output width); see `windows` for the size.

    Raises:
        NetworkError: The maps do not have three axes, or no window fits into them.

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
    """Compute the gradient at the maps: each window divides its gradient evenly among its cells.

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
    """Explain how one cell of the output is computed.

    Args:
        maps: As in `forward`.
        windows: As in `forward`.
        channel: Index of the map.
        row: Row of the cell in the output.
        column: Column of the cell in the output.

    Raises:
        NetworkError: The maps do not have three axes, or no window fits into them.
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
    """Return the number of cells of each window inside the map, (1, output height, output width)."""
    return windows.slide(np.ones_like(maps[:1])).sum(axis=(3, 4))
