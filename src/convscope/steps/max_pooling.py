"""Max pooling: each window gives its largest number, in each map separately.

It keeps whether a feature was found in the window, and discards where exactly. The maps become smaller, and
small shifts of the picture change the network's output little.

The largest cell wins. Among equal cells, the first in row-major order wins; NaN beats every number, and among
several NaN the last one wins. PyTorch does the same. Cells of an overhanging window outside the map are
ignored.

Source: Deep Learning, section 9.3.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from convscope.steps.arrays import Array, as_array

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from convscope.steps.windows import Cell, Windows


@dataclass(frozen=True, slots=True)
class MaxWindow:
    """How one cell is computed: as the largest of its window.

    Attributes:
        cells: The window's cells, row by row; those beyond the edge of the map have no value.
        winner: Index of the winning cell in `cells`.
        result: Its value.
    """

    cells: tuple[Cell, ...]
    winner: int
    result: float


def forward(maps: ArrayLike, windows: Windows) -> Array:
    """Replace each window by its largest number.

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
        >>> forward([[[1, 2, 3], [4, 5, 6]]], Windows((2, 2), (2, 2))).tolist()
        [[[5.0]]]
        >>> forward([[[1, 2, 3], [4, 5, 6]]], Windows((2, 2), (2, 2), overhang=True)).tolist()
        [[[5.0, 6.0]]]
    """
    maps = as_array(maps, "maps", channels=None, height=None, width=None)
    return windows.slide(maps, fill=-np.inf).max(axis=(3, 4))


def gradient(at_output: ArrayLike, maps: ArrayLike, windows: Windows) -> Array:
    """Compute the gradient at the maps: each window passes all of its gradient to the winner.

    Args:
        at_output: The gradient at the output, (channels, output height, output width).
        maps: As in `forward`.
        windows: As in `forward`.

    Raises:
        NetworkError: The shapes do not fit together.

    Example:
        >>> from convscope.steps.windows import Windows
        >>> gradient([[[10]]], [[[1, 5], [5, 2]]], Windows((2, 2), (2, 2))).tolist()
        [[[0.0, 10.0], [0.0, 0.0]]]
    """
    maps = as_array(maps, "maps", channels=None, height=None, width=None)
    patches = windows.slide(maps, fill=-np.inf)
    channels, height, width = patches.shape[:3]
    at_output = as_array(at_output, "gradients", channels=channels, height=height, width=width)
    is_winner = _winners(patches)[..., np.newaxis] == np.arange(math.prod(windows.size))
    at_windows = np.where(is_winner, at_output[..., np.newaxis], 0.0).reshape(patches.shape)
    return windows.add_back(at_windows, maps.shape)


def explain(maps: ArrayLike, windows: Windows, *, channel: int, row: int, column: int) -> MaxWindow:
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
        >>> cell = explain([[[1, 5]]], Windows((1, 2), (1, 2)), channel=0, row=0, column=0)
        >>> cell.cells[cell.winner], cell.result
        (Cell(row=0, column=1, value=5.0), 5.0)
    """
    maps = as_array(maps, "maps", channels=None, height=None, width=None)
    cells = windows.read(maps, channel=channel, row=row, column=column)
    winner, largest = 0, -math.inf
    for index, cell in enumerate(cells):
        if cell.value is not None and (cell.value > largest or math.isnan(cell.value)):
            winner, largest = index, cell.value
    return MaxWindow(cells, winner, largest)


def winners(maps: ArrayLike, windows: Windows) -> NDArray[np.intp]:
    """Find the winning cell of each window.

    Args:
        maps: As in `forward`.
        windows: As in `forward`.

    Returns:
        (channels, output height, output width): the winner's index in its map, row * map width + column.

    Raises:
        NetworkError: The maps do not have three axes, or no window fits into them.

    Example:
        >>> from convscope.steps.windows import Windows
        >>> winners([[[1, 5], [7, 2]]], Windows((2, 1), (2, 1))).tolist()
        [[[2, 1]]]
    """
    maps = as_array(maps, "maps", channels=None, height=None, width=None)
    patches = windows.slide(maps, fill=-np.inf)
    down, across = np.divmod(_winners(patches), windows.size[1])
    rows = np.arange(patches.shape[1])[:, np.newaxis] * windows.stride[0] + down
    columns = np.arange(patches.shape[2]) * windows.stride[1] + across
    return rows * maps.shape[2] + columns


def _winners(patches: Array) -> NDArray[np.intp]:
    """Return the index of each window's winner among its cells, (channels, output height, output width)."""
    cells = patches.reshape(*patches.shape[:3], -1)
    is_nan = np.isnan(cells)
    last_nan = cells.shape[-1] - 1 - is_nan[..., ::-1].argmax(axis=-1)
    return np.where(is_nan.any(axis=-1), last_nan, cells.argmax(axis=-1))
