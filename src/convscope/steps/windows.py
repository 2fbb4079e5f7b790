"""Windows that slide over maps: the geometry that convolution and pooling share.

The first window is in the top left corner of the padded map; the others follow at multiples of the stride,
row by row. Along one side of the map,

    floor((size + 2 padding - window) / stride) + 1

windows fit (relationship 6 in Dumoulin and Visin). Remaining cells on the right and at the bottom are in no
window, unless windows may overhang (`ceil_mode` in PyTorch and ONNX). Then the fraction is rounded up, but
the last window must still start inside the map or the padding before it: otherwise it would be empty.

Source: V. Dumoulin, F. Visin, "A guide to convolution arithmetic for deep learning", 2016,
https://arxiv.org/abs/1603.07285.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from convscope.errors import NetworkError, SettingError
from convscope.steps.arrays import Array, require_inside


def output_size(size: int, window: int, stride: int = 1, padding: int = 0, *, overhang: bool = False) -> int:
    """Return the number of windows along one side; below 1 if no window fits.

    Example:
        >>> output_size(7, window=3), output_size(7, window=3, padding=1), output_size(7, window=3, stride=2)
        (5, 7, 3)
        >>> output_size(5, window=2, stride=2), output_size(5, window=2, stride=2, overhang=True)
        (2, 3)
    """
    room = size + 2 * padding - window
    if not overhang:
        return room // stride + 1
    last = -(-room // stride)
    return last if last * stride >= size + padding else last + 1


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a window, by its row and column in the map; outside the map its value is None."""

    row: int
    column: int
    value: float | None


@dataclass(frozen=True, slots=True)
class Windows:
    """Windows of one size that slide over maps; pairs are (down, across) in cells.

    Attributes:
        size: Height and width of a window, at least 1.
        stride: Distance from one window to the next, at least 1.
        padding: Rows and columns of zeros added on each side of the map, at least 0.
        overhang: Whether the last windows may reach beyond the map on the right and at the bottom.

    Raises:
        SettingError: A size or a stride is below 1, or a padding below 0.
    """

    size: tuple[int, int]
    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, int] = (0, 0)
    overhang: bool = False

    def __post_init__(self) -> None:
        if min(self.size) < 1 or min(self.stride) < 1 or min(self.padding) < 0:
            raise SettingError(
                f"windows of {self.size} with stride {self.stride} and padding {self.padding} are impossible",
                remedy="use a window and a stride of at least 1, and a padding of at least 0",
            )

    def output_shape(self, height: int, width: int) -> tuple[int, int]:
        """Return the number of rows and columns of windows on a map.

        Raises:
            NetworkError: No window fits.
        """
        sides = zip((height, width), self.size, self.stride, self.padding, strict=True)
        rows, columns = (output_size(*side, overhang=self.overhang) for side in sides)
        if min(rows, columns) < 1:
            raise NetworkError(
                f"a window of {self.size} does not fit into a map of ({height}, {width})",
                why=f"with padding {self.padding}, {max(rows, 0)} × {max(columns, 0)} windows fit",
                remedy="use a smaller window, more padding or a larger picture",
            )
        return rows, columns

    def slide(self, maps: Array, fill: float = 0.0) -> Array:
        """Return the cells of every window, with `fill` outside the maps.

        Returns:
            A read-only view (channels, output height, output width, window height, window width).

        Example:
            >>> Windows(size=(1, 2), padding=(0, 1)).slide(np.array([[[5.0, 6.0]]])).tolist()
            [[[[[0.0, 5.0]], [[5.0, 6.0]], [[6.0, 0.0]]]]]
        """
        channels, height, width = maps.shape
        (top, bottom), (left, right) = self.margins(height, width)
        padded = np.full((channels, top + height + bottom, left + width + right), fill)
        padded[:, top : top + height, left : left + width] = maps
        at_every_cell = sliding_window_view(padded, self.size, axis=(1, 2))
        return at_every_cell[:, :: self.stride[0], :: self.stride[1]]

    def add_back(self, patches: Array, shape: tuple[int, ...]) -> Array:
        """Add each window cell to the map cell it came from: the gradient of `slide`.

        Args:
            patches: (channels, output height, output width, window height, window width).
            shape: The maps' (channels, height, width).

        Example:
            >>> Windows(size=(1, 2)).add_back(np.ones((1, 1, 2, 1, 2)), (1, 1, 3)).tolist()
            [[[1.0, 2.0, 1.0]]]
        """
        (channels, height, width), (rows, columns) = shape, patches.shape[1:3]
        (top, bottom), (left, right) = self.margins(height, width)
        padded = np.zeros((channels, top + height + bottom, left + width + right))
        (down, across) = self.stride
        for i, j in np.ndindex(self.size):
            padded[:, i : i + down * rows : down, j : j + across * columns : across] += patches[..., i, j]
        return padded[:, top : top + height, left : left + width]

    def read(self, maps: Array, *, channel: int, row: int, column: int) -> tuple[Cell, ...]:
        """Return the cells of one window on one map, row by row.

        Args:
            maps: (channels, height, width).
            channel: Index of the map.
            row: Row of the window, which is the row of its cell in the output.
            column: Column of the window, which is the column of its cell in the output.

        Raises:
            SettingError: There is no such window.

        Example:
            >>> maps = np.array([[[5.0, 6.0]]])
            >>> Windows(size=(1, 2), padding=(0, 1)).read(maps, channel=0, row=0, column=0)
            (Cell(row=0, column=-1, value=None), Cell(row=0, column=0, value=5.0))
        """
        channels, height, width = maps.shape
        require_inside((channels, *self.output_shape(height, width)), channel=channel, row=row, column=column)
        top = row * self.stride[0] - self.padding[0]
        left = column * self.stride[1] - self.padding[1]
        cells = ((top + i, left + j) for i, j in np.ndindex(self.size))
        return tuple(
            Cell(y, x, float(maps[channel, y, x]) if 0 <= y < height and 0 <= x < width else None)
            for y, x in cells
        )

    def margins(self, height: int, width: int) -> tuple[tuple[int, int], tuple[int, int]]:
        """Return the padding (above, below) and (left, right) that makes every window full."""
        rows, columns = self.output_shape(height, width)
        below = (rows - 1) * self.stride[0] + self.size[0] - height - self.padding[0]
        right = (columns - 1) * self.stride[1] + self.size[1] - width - self.padding[1]
        return (self.padding[0], max(below, 0)), (self.padding[1], max(right, 0))
