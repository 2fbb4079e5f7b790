"""Max pooling: every window gives its largest number, in each map by itself.

What a filter found somewhere in the window is kept, where exactly is forgotten: the maps become smaller, and
the answer changes little when the picture shifts a little.

Of several equally large cells the first wins, row by row; NaN beats every number, and of several the last
wins. PyTorch decides the same. With overhang a window's cells outside the map do not take part.

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
    """How one cell came about: the largest of the window's cells.

    Attributes:
        cells: Of the window, row by row; those that hang over the edge of the map have no value.
        winner: The place of the winning cell among them, from 0.
        result: The winner's value.
    """

    cells: tuple[Cell, ...]
    winner: int
    result: float


def forward(maps: ArrayLike, windows: Windows) -> Array:
    """Pool maps by their windows' maxima.

    Args:
        maps: (channels, height, width).
        windows: Their size and stride, and whether the last ones may overhang at the right and the bottom.

    Returns:
        (channels, output height, output width); see `windows` for their size.

    Raises:
        NetworkError: The maps have another shape, or no window fits into them.

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
    """Find the gradient at the maps: all of it goes to the winners.

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
        >>> cell = explain([[[1, 5]]], Windows((1, 2), (1, 2)), channel=0, row=0, column=0)
        >>> cell.cells[cell.winner], cell.result
        (Cell(row=0, column=1, value=5.0), 5.0)
    """
    maps = as_array(maps, "maps", channels=None, height=None, width=None)
    cells = windows.read(maps, channel=channel, row=row, column=column)
    winner, largest = 0, -math.inf
    for place, cell in enumerate(cells):
        if cell.value is not None and (cell.value > largest or math.isnan(cell.value)):
            winner, largest = place, cell.value
    return MaxWindow(cells, winner, largest)


def winners(maps: ArrayLike, windows: Windows) -> NDArray[np.intp]:
    """Find the cell that won in every window.

    Args:
        maps: As in `forward`.
        windows: As in `forward`.

    Returns:
        (channels, output height, output width); the winner's place in its map, row * map width + column.

    Raises:
        NetworkError: The maps have another shape, or no window fits into them.

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
    """The place of every window's winner among its cells; (channels, output rows, output columns)."""
    cells = patches.reshape(*patches.shape[:3], -1)
    is_nan = np.isnan(cells)
    last_nan = cells.shape[-1] - 1 - is_nan[..., ::-1].argmax(axis=-1)
    return np.where(is_nan.any(axis=-1), last_nan, cells.argmax(axis=-1))
