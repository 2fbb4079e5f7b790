"""Numba kernels for a convolution followed by 2x2 max pooling, which work window by window.

Arrays and chunks are as in `kernels.py`; the inner loops are in `vector_code.py` and `vector_winners.py`.
"""

# Numba passes the context to the functions in vector_code.py.
# pyright: reportCallIssue=false

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from convscope.common.compiled import njit
from convscope.network.bfloat16 import narrow, widen
from convscope.network.kernels import CHUNKS
from convscope.network.vector_code import largest_of_windows
from convscope.network.vector_winners import add_winners_products, make_tables

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

_TABLE_BYTES = 200_000
"""Tables of this size stay in a processor's L2 cache."""

_compiled = njit(nogil=True, error_model="numpy", fastmath={"contract", "nsz"})


@_compiled
def _widen_rows(
    pictures: NDArray[Any], number: int, first: int, above: int, left: int, out: NDArray[np.float32]
) -> None:
    """Copy rows of a picture, as float32, into a padded one.

    Args:
        pictures: (pictures, rows, numbers in a row), read.
        number: Index of the picture.
        first: The first row; as many rows are copied as fit.
        above: Rows of `out` left free above, and below.
        left: Numbers left free at the left of each row.
        out: (rows, numbers in a row), written.
    """
    for y in range(min(len(out) - 2 * above, pictures.shape[1] - first)):
        row = pictures[number, first + y]
        into = out[y + above, left:]
        for x in range(len(row)):
            into[x] = widen(row[x], pictures)


@_compiled
def _pair_rows(
    pictures: NDArray[np.uint16],
    number: int,
    end: int,
    first: int,
    above: int,
    left: int,
    out: NDArray[np.uint32],
) -> None:
    """Do the same as `_widen_rows` for two pictures: one in the lower 16 bits, the next in the upper.

    From `end` on, there are no more pictures, and the upper bits are 0.
    """
    for y in range(min(len(out) - 2 * above, pictures.shape[1] - first)):
        row = pictures[number, first + y]
        into = out[y + above, left:]
        for x in range(len(row)):
            into[x] = row[x]
        if number + 1 < end:
            row = pictures[number + 1, first + y]
            for x in range(len(row)):
                into[x] |= np.uint32(row[x]) << np.uint32(16)


@_compiled
def _narrow_and_sum(
    values: NDArray[np.float32], out: NDArray[Any], total: NDArray[np.float32], square: NDArray[np.float32]
) -> None:
    """Store a row of windows (windows, channels), and sum the stored values and their squares by channel."""
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
def convolve_pool_and_sum(lanes: int, blocks: int, pairs: bool) -> Callable[..., None]:  # noqa: FBT001
    """Compile the kernel for a number of lanes, and of vectors of filters computed together.

    Args:
        lanes: Lanes of a vector.
        blocks: Number of vectors.
        pairs: Whether maps are bfloat16 and multiplied as pairs of neighbouring numbers.
    """
    number_bytes, kind = (2, np.uint16) if pairs else (4, np.float32)

    @_compiled
    def kernel(
        first: int,
        last: int,
        maps: NDArray[Any],
        weights: NDArray[Any],
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
            weights: (rows, numbers in a row, filters) float32, or (rows, pairs in a row, filters) int32.
            margins: Zeros above and below, left and right of a picture.
            pooled: (pictures, rows of windows, windows in a row, filters), written.
            winners: The same shape, uint8, written, as by `kernels.pool_and_sum`.
            sums: (CHUNKS, 2, filters) float32, written.
        """
        pictures, lines, cells, filters = pooled.shape
        _, height, width, channels = maps.shape
        rows, length = weights.shape[:2]
        rows_of_maps = maps.reshape(len(maps), height, width * channels)
        # the last pair may reach one number beyond the last row
        padded = np.zeros((height + 2 * margins[0] + 1, (width + 2 * margins[1]) * channels), kind)
        inner = padded[margins[0] : margins[0] + height, margins[1] * channels :][:, : width * channels]
        best = np.empty((cells, filters), np.float32)
        pixel_bytes = number_bytes * channels
        row_bytes = number_bytes * padded.shape[1]
        for chunk in range(first, last):
            total = np.zeros(filters, np.float32)
            square = np.zeros(filters, np.float32)
            for n in range(chunk * pictures // CHUNKS, (chunk + 1) * pictures // CHUNKS):
                if number_bytes == 2:  # Numba compiles only one of the two branches
                    inner[:] = rows_of_maps[n]
                else:
                    _widen_rows(rows_of_maps, n, 0, 0, 0, inner)
                for i in range(lines):
                    for c in range(0, filters, lanes * blocks):
                        largest_of_windows(
                            lanes,
                            blocks,
                            pairs,
                            cells,
                            padded[2 * i].ctypes.data,
                            2 * pixel_bytes,
                            row_bytes,
                            rows,
                            length,
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


@_compiled
def _pair_winners(
    winners: NDArray[np.uint8], number: int, end: int, first: int, held: int, out: NDArray[np.uint32]
) -> None:
    """Write the positions of the winners of two pictures in tables of pairs.

    Args:
        winners: (pictures, rows of windows, windows in a row * filters), read.
        number: Index of the first picture.
        end: The picture to stop before.
        first: The first row; as many rows are written as fit.
        held: Numbers of each patch in a table.
        out: (rows of windows, windows in a row * filters), written.
    """
    second = min(number + 1, end - 1)
    for y in range(min(len(out), winners.shape[1] - first)):
        lower, upper, into = winners[number, first + y], winners[second, first + y], out[y]
        for x in range(len(into)):
            places = np.uint32(lower[x]) | np.uint32(upper[x]) << np.uint32(16)
            into[x] = places * np.uint32(2 * held) + np.uint32(1 << 16)


@cache
def sum_winners_products(lanes: int, rows: int, run: int, pairs: bool) -> Callable[..., None]:  # noqa: FBT001
    """Compile the kernel for a number of lanes and a part of a patch whose sums are kept in registers.

    Args:
        lanes: Lanes of a vector.
        rows: Rows of a patch.
        run: Numbers per row.
        pairs: Whether maps are bfloat16 and multiplied as pairs of the same number in two pictures.
    """
    held, together, kind = lanes // 4, 1 + pairs, (np.float32, np.uint32)[pairs]

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
        """Compute the gradient at the weights of a convolution with stride 1 followed by 2x2 max pooling.

        Args:
            first: The first chunk.
            last: The chunk to stop before.
            maps: (pictures, height, width, channels), read.
            margins: Zeros above and below, left and right of a picture.
            gradient: (pictures, rows of windows, windows in a row, filters) after pooling, read.
            winners: The same shape, uint8, read.
            groups: Number of groups that filters are divided into, a divisor of CHUNKS.
            out: (CHUNKS / groups, filters / lanes, rows, columns * channels, lanes) float32, written.
        """
        pictures, lines, cells, filters = gradient.shape
        _, height, width, channels = maps.shape
        parts, _, patch_rows, length, _ = out.shape
        rows_of_maps = maps.reshape(len(maps), height, width * channels)
        rows_of_gradient = gradient.reshape(pictures, lines, cells * filters)
        rows_of_winners = winners.reshape(pictures, lines, cells * filters)
        # the last table may reach partly beyond the row
        padded = np.zeros((height + 2 * margins[0] + 1, (width + 2 * margins[1]) * channels), kind)
        count = -(-length // held)
        tiles_in_row = length // run
        tiles = patch_rows // rows * tiles_in_row
        table_bytes = 4 * 4 * held
        row_bytes = cells * count * table_bytes
        band = min(lines, max(1, (_TABLE_BYTES // row_bytes - patch_rows + 2) // 2))
        tables = np.zeros((2 * band + patch_rows - 2, cells, count, 4, held), kind)
        slopes = np.empty((band, cells * filters), kind)
        picks = np.empty((band, cells * filters), np.uint32)
        for chunk in range(first, last):
            part = chunk // groups
            from_filter = chunk % groups * filters // groups
            to_filter = (chunk % groups + 1) * filters // groups
            _clear(out, part, from_filter // lanes, to_filter // lanes)
            end = (part + 1) * pictures // parts
            for n in range(part * pictures // parts, end, together):
                if together == 2:
                    _pair_rows(rows_of_maps, n, end, 0, margins[0], margins[1] * channels, padded)
                else:
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
                    if together == 2:
                        _pair_rows(rows_of_gradient, n, end, i, 0, 0, slopes)
                        _pair_winners(rows_of_winners, n, end, i, held, picks)
                        marks, mark_bytes = picks.ctypes.data, 4
                    else:
                        _widen_rows(rows_of_gradient, n, i, 0, 0, slopes)
                        marks, mark_bytes = winners[n, i].ctypes.data, 1
                    for step in range((to_filter - from_filter) // lanes * tiles):
                        c = from_filter + step // tiles * lanes
                        row = step % tiles // tiles_in_row * rows
                        number = step % tiles_in_row * run
                        add_winners_products(
                            lanes,
                            rows,
                            run,
                            pairs,
                            tables.ctypes.data + row * row_bytes + number // held * table_bytes,
                            row_bytes,
                            here,
                            2 * row_bytes,
                            cells,
                            count * table_bytes,
                            slopes.ctypes.data + 4 * c,
                            marks + mark_bytes * c,
                            filters,
                            out[part, c // lanes, row, number].ctypes.data,
                            4 * length * lanes,
                            4 * lanes,
                        )

    return kernel
