"""Flattening: the maps become one column of numbers, the input of the first full connection.

    index = (channel * height + row) * width + column

The maps follow one another, each in row-major order. Nothing is computed and nothing is lost. The inverse is

    channel = index // (height * width)    row = index // width % height    column = index % width
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from convscope.steps.arrays import Array, as_array, require_inside

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


@dataclass(frozen=True, slots=True)
class FlattenedCell:
    """Where one number of the column comes from: its index, and its channel, row and column in the maps."""

    index: int
    channel: int
    row: int
    column: int
    result: float


def forward(maps: ArrayLike) -> Array:
    """Flatten maps into one column.

    Args:
        maps: (channels, height, width).

    Returns:
        (channels * height * width,).

    Raises:
        NetworkError: The maps do not have three axes.

    Example:
        >>> forward([[[1, 2], [3, 4]], [[5, 6], [7, 8]]]).tolist()
        [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]
    """
    return as_array(maps, "maps", channels=None, height=None, width=None).reshape(-1)


def gradient(at_output: ArrayLike, shape: tuple[int, int, int]) -> Array:
    """Compute the gradient at the maps: the same numbers, put back into the maps.

    Args:
        at_output: The gradient at the column, (channels * height * width,).
        shape: The maps' (channels, height, width).

    Raises:
        NetworkError: The column does not have as many numbers as the maps.

    Example:
        >>> gradient([1, 2, 3, 4], shape=(2, 1, 2)).tolist()
        [[[1.0, 2.0]], [[3.0, 4.0]]]
    """
    return as_array(at_output, "gradients", values=math.prod(shape)).reshape(shape)


def explain(maps: ArrayLike, *, index: int) -> FlattenedCell:
    """Explain where one number of the column comes from.

    Raises:
        NetworkError: The maps are not (channels, height, width).
        SettingError: There is no such index.

    Example:
        >>> explain([[[1, 2], [3, 4]], [[5, 6], [7, 8]]], index=6)
        FlattenedCell(index=6, channel=1, row=1, column=0, result=7.0)
    """
    maps = as_array(maps, "maps", channels=None, height=None, width=None)
    channels, height, width = maps.shape
    cell = cell_at(index, (channels, height, width))
    return FlattenedCell(index, *cell, result=float(maps[cell]))


def index_of(channel: int, row: int, column: int, shape: tuple[int, int, int]) -> int:
    """Return the index in the column of a cell of the maps.

    Args:
        channel: Index of the map.
        row: Row of the cell in the map.
        column: Column of the cell in the map.
        shape: The maps' (channels, height, width).

    Raises:
        SettingError: There is no such cell.

    Example:
        >>> index_of(1, 0, 2, shape=(2, 3, 4))
        14
    """
    require_inside(shape, channel=channel, row=row, column=column)
    _, height, width = shape
    return (channel * height + row) * width + column


def cell_at(index: int, shape: tuple[int, int, int]) -> tuple[int, int, int]:
    """Return the (channel, row, column) in the maps of a number of the column.

    Args:
        index: Index in the column.
        shape: The maps' (channels, height, width).

    Raises:
        SettingError: There is no such index.

    Example:
        >>> cell_at(14, shape=(2, 3, 4))
        (1, 0, 2)
    """
    require_inside((math.prod(shape),), index=index)
    _, height, width = shape
    return index // (height * width), index // width % height, index % width
