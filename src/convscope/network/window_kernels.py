"""Numba kernels for a convolution with 2x2 max pooling after it, which compute with single windows.

Arrays and chunks are as in `kernels.py`; the inner loops are in `vector_code.py`.
"""

# Numba gives the context to what is in vector_code.py.
# pyright: reportCallIssue=false

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from convscope.common.compiled import njit
from convscope.network.bfloat16 import narrow, widen
from convscope.network.kernels import CHUNKS
from convscope.network.vector_code import add_winners_products, largest_of_windows, make_tables

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

_TABLE_BYTES = 200_000
"""Tables of this size stay in a processor's second cache."""

_compiled = njit(nogil=True, error_model="numpy", fastmath={"contract", "nsz"})


@_compiled
def _widen_rows(
    pictures: NDArray[Any], number: int, first: int, above: int, left: int, out: NDArray[np.float32]
) -> None:
    """Copy rows of a picture, as float32, to where a larger one has them.

    Args:
        pictures: (pictures, rows, numbers in a row), read.
        number: Of the picture.
        first: The first row; all are copied that fit.
        above: How many rows of `out` are left free above, and below.
        left: How many numbers of each row are left free.
        out: (rows, numbers in a row), written.
    """
    for y in range(min(len(out) - 2 * above, pictures.shape[1] - first)):
        row = pictures[number, first + y]
        into = out[y + above, left:]
        for x in range(len(row)):
            into[x] = widen(row[x], pictures)


@_compiled
def _narrow_and_sum(
    values: NDArray[np.float32], out: NDArray[Any], total: NDArray[np.float32], square: NDArray[np.float32]
) -> None:
    """Store a row of windows (windows, channels), and add what is stored and its squares by channel."""
    for j in range(len(values)):
        row = values[j]
        into = out[j]
        for c in range(len(row)):
            into[c] = narrow(row[c], out)
            value = widen(into[c], out)
            total[c] += value
            square[c] += value * value


@_compiled
def _clear(sums: NDArray[np.float32], part: int, first: int, last: int) -> None:
    """Set the sums (parts, vectors of filters, ...) of some vectors of a part to 0, number by number."""
    for vector in range(first, last):
        own = sums[part, vector]
        for place in np.ndindex(own.shape):
            own[place] = 0


@cache
def convolve_pool_and_sum(lanes: int, blocks: int) -> Callable[..., None]:
    """Compile the kernel for a number of lanes and of vectors of filters that are computed together."""

    @_compiled
    def kernel(
        first: int,
        last: int,
        maps: NDArray[Any],
        weights: NDArray[np.float32],
        margins: tuple[int, int],
        pooled: NDArray[Any],
        winners: NDArray[np.uint8],
        sums: NDArray[np.float32],
    ) -> None:
        """Convolve with stride 1, max pool 2x2 windows, and sum the maxima and their squares by channel.

        Args:
            first: The first chunk.
            last: The chunk to stop before.
            maps: (pictures, height, width, channels), read.
            weights: (rows, columns, channels, filters) float32.
            margins: Zeros above and below, left and right of a picture.
            pooled: (pictures, rows of windows, windows in a row, filters), written.
            winners: The same shape, uint8, written, as by `kernels.pool_and_sum`.
            sums: (CHUNKS, 2, filters) float32, written.
        """
        pictures, lines, cells, filters = pooled.shape
        _, height, width, channels = maps.shape
        rows, columns = weights.shape[:2]
        rows_of_maps = maps.reshape(len(maps), height, width * channels)
        padded = np.zeros((height + 2 * margins[0], (width + 2 * margins[1]) * channels), np.float32)
        best = np.empty((cells, filters), np.float32)
        pixel_bytes = 4 * channels
        row_bytes = 4 * padded.shape[1]
        for chunk in range(first, last):
            total = np.zeros(filters, np.float32)
            square = np.zeros(filters, np.float32)
            for n in range(chunk * pictures // CHUNKS, (chunk + 1) * pictures // CHUNKS):
                _widen_rows(rows_of_maps, n, 0, margins[0], margins[1] * channels, padded)
                for i in range(lines):
                    for c in range(0, filters, lanes * blocks):
                        largest_of_windows(
                            lanes,
                            blocks,
                            cells,
                            padded[2 * i].ctypes.data,
                            2 * pixel_bytes,
                            row_bytes,
                            rows,
                            columns * channels,
                            weights.ctypes.data + 4 * c,
                            4 * filters,
                            best.ctypes.data + 4 * c,
                            winners[n, i].ctypes.data + c,
                            filters,
                        )
                    _narrow_and_sum(best, pooled[n, i], total, square)
            for c in range(filters):
                sums[chunk, 0, c] = total[c]
                sums[chunk, 1, c] = square[c]

    return kernel


@cache
def sum_winners_products(lanes: int, rows: int, run: int) -> Callable[..., None]:
    """Compile the kernel for a number of lanes and a part of a patch whose sums are kept in registers.

    Args:
        lanes: Of a vector.
        rows: Of a patch.
        run: How many numbers of each row.
    """
    held = lanes // 4

    @_compiled
    def kernel(
        first: int,
        last: int,
        maps: NDArray[Any],
        margins: tuple[int, int],
        gradient: NDArray[Any],
        winners: NDArray[np.uint8],
        groups: int,
        out: NDArray[np.float32],
    ) -> None:
        """Compute the gradient at the weights of a convolution with stride 1, 2x2 max pooling after it.

        Args:
            first: The first chunk.
            last: The chunk to stop before.
            maps: (pictures, height, width, channels), read.
            margins: Zeros above and below, left and right of a picture.
            gradient: (pictures, rows of windows, windows in a row, filters) after pooling, read.
            winners: The same shape, uint8, read.
            groups: Into how many groups filters are divided, a divisor of CHUNKS.
            out: (CHUNKS / groups, filters / lanes, rows, columns * channels, lanes) float32, written.
        """
        pictures, lines, cells, filters = gradient.shape
        _, height, width, channels = maps.shape
        parts, _, patch_rows, length, _ = out.shape
        rows_of_maps = maps.reshape(len(maps), height, width * channels)
        rows_of_gradient = gradient.reshape(pictures, lines, cells * filters)
        # a last table may reach beyond the row by less than one
        padded = np.zeros((height + 2 * margins[0] + 1, (width + 2 * margins[1]) * channels), np.float32)
        count = -(-length // held)
        tiles_in_row = length // run
        table_bytes = 4 * 4 * held
        row_bytes = cells * count * table_bytes
        band = min(lines, max(1, (_TABLE_BYTES // row_bytes - patch_rows + 2) // 2))
        tables = np.zeros((2 * band + patch_rows - 2, cells, count, 4, held), np.float32)
        slopes = np.empty((band, cells * filters), np.float32)
        for chunk in range(first, last):
            part = chunk // groups
            from_filter = chunk % groups * filters // groups
            to_filter = (chunk % groups + 1) * filters // groups
            _clear(out, part, from_filter // lanes, to_filter // lanes)
            for n in range(part * pictures // parts, (part + 1) * pictures // parts):
                _widen_rows(rows_of_maps, n, 0, margins[0], margins[1] * channels, padded)
                for i in range(0, lines, band):
                    here = min(band, lines - i)
                    make_tables(
                        held,
                        padded[2 * i].ctypes.data,
                        4 * padded.shape[1],
                        4 * channels,
                        2 * here + patch_rows - 2,
                        cells,
                        count,
                        tables.ctypes.data,
                    )
                    _widen_rows(rows_of_gradient, n, i, 0, 0, slopes)
                    for c in range(from_filter, to_filter, lanes):
                        for tile in range(patch_rows // rows * tiles_in_row):
                            row = tile // tiles_in_row * rows
                            number = tile % tiles_in_row * run
                            add_winners_products(
                                lanes,
                                rows,
                                run,
                                tables.ctypes.data + row * row_bytes + number // held * table_bytes,
                                row_bytes,
                                here,
                                2 * row_bytes,
                                cells,
                                count * table_bytes,
                                slopes.ctypes.data + 4 * c,
                                winners[n, i].ctypes.data + c,
                                filters,
                                out[part, c // lanes, row, number].ctypes.data,
                                4 * length * lanes,
                                4 * lanes,
                            )

    return kernel
