"""Numba kernels for max pooling, batch normalisation and ReLU, in as few passes over memory as possible.

PyTorch makes one pass for each of these three steps, and stores eight bytes for each winner of a pooling.
Here the forward pass reads the maps twice (pool and sum; normalise and apply ReLU), the backward pass twice
(sum; distribute), and a winner takes one byte.

Arrays are channels-last, float32 or bfloat16 viewed as uint16 (`bfloat16.py`): maps as (pictures, height,
width, channels), or as (rows, channels) where the position does not matter. Rows are divided into a fixed
number of chunks, whose partial sums are added in order, so that results do not depend on the number of
threads. A kernel works on the chunks from `first` to before `last` and releases the interpreter lock;
`threads.py` distributes the chunks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from convscope.common.compiled import njit
from convscope.network.bfloat16 import narrow, widen

if TYPE_CHECKING:
    from numpy.typing import NDArray

CHUNKS = 16
"""Number of chunks that the rows of a batch are divided into, for any number of threads."""

# NaN and infinity must be preserved, which rules out all other fast-math options.
_compiled = njit(nogil=True, error_model="numpy", fastmath={"contract", "nsz"})


@_compiled
def sum_rows(first: int, last: int, maps: NDArray[Any], sums: NDArray[Any]) -> None:
    """Sum the values of each channel, and their squares.

    Args:
        first: The first chunk.
        last: The chunk to stop before.
        maps: (rows, channels), read.
        sums: (CHUNKS, 2, channels) float32, written.
    """
    rows, channels = maps.shape
    for chunk in range(first, last):
        total = np.zeros(channels, np.float32)
        square = np.zeros(channels, np.float32)
        for row in range(chunk * rows // CHUNKS, (chunk + 1) * rows // CHUNKS):
            cells = maps[row]
            for c in range(channels):
                value = widen(cells[c], maps)
                total[c] += value
                square[c] += value * value
        for c in range(channels):
            sums[chunk, 0, c] = total[c]
            sums[chunk, 1, c] = square[c]


@_compiled
def pool_and_sum(
    first: int, last: int, maps: NDArray[Any], pooled: NDArray[Any], winners: NDArray[Any], sums: NDArray[Any]
) -> None:
    """Max pool 2x2 windows, and sum the maxima and their squares by channel.

    Args:
        first: The first chunk.
        last: The chunk to stop before.
        maps: (pictures, height, width, channels), read.
        pooled: (pictures, height // 2, width // 2, channels), written.
        winners: The same shape, uint8, written: index of the winning cell in the window, 0 to 3 row by row.
            Of equal cells the first wins, of several NaN the last, as in PyTorch.
        sums: (CHUNKS, 2, channels) float32, written.
    """
    pictures, height, width, channels = pooled.shape
    for chunk in range(first, last):
        total = np.zeros(channels, np.float32)
        square = np.zeros(channels, np.float32)
        for n in range(chunk * pictures // CHUNKS, (chunk + 1) * pictures // CHUNKS):
            for i in range(height):
                for j in range(width):
                    top_left = maps[n, 2 * i, 2 * j]
                    top_right = maps[n, 2 * i, 2 * j + 1]
                    bottom_left = maps[n, 2 * i + 1, 2 * j]
                    bottom_right = maps[n, 2 * i + 1, 2 * j + 1]
                    out = pooled[n, i, j]
                    winner = winners[n, i, j]
                    for c in range(channels):
                        best = widen(top_left[c], maps)
                        index = np.uint8(0)
                        value = widen(top_right[c], maps)
                        beaten = (value > best) | np.isnan(value)
                        best = value if beaten else best
                        index = np.uint8(1) if beaten else index
                        value = widen(bottom_left[c], maps)
                        beaten = (value > best) | np.isnan(value)
                        best = value if beaten else best
                        index = np.uint8(2) if beaten else index
                        value = widen(bottom_right[c], maps)
                        beaten = (value > best) | np.isnan(value)
                        best = value if beaten else best
                        index = np.uint8(3) if beaten else index
                        out[c] = narrow(best, pooled)
                        winner[c] = index
                        total[c] += best
                        square[c] += best * best
        for c in range(channels):
            sums[chunk, 0, c] = total[c]
            sums[chunk, 1, c] = square[c]


@_compiled
def normalise_relu(
    first: int, last: int, maps: NDArray[Any], scale: NDArray[Any], shift: NDArray[Any], out: NDArray[Any]
) -> None:
    """Compute max(0, scale * x + shift), channel by channel.

    Args:
        first: The first chunk.
        last: The chunk to stop before.
        maps: (rows, channels), read.
        scale: (channels,) float32.
        shift: (channels,) float32.
        out: (rows, channels), written.
    """
    rows, channels = maps.shape
    for row in range(first * rows // CHUNKS, last * rows // CHUNKS):
        cells = maps[row]
        into = out[row]
        for c in range(channels):
            value = widen(cells[c], maps) * scale[c] + shift[c]
            # NaN stays NaN, unlike with max().
            into[c] = narrow(np.float32(0) if value <= np.float32(0) else value, out)  # noqa: FURB136


@_compiled
def sum_gradients(
    first: int,
    last: int,
    gradient: NDArray[Any],
    maps: NDArray[Any],
    scale: NDArray[Any],
    shift: NDArray[Any],
    mean: NDArray[Any],
    sums: NDArray[Any],
) -> None:
    """Sum, by channel, the gradient that passes through ReLU, and its product with the centred input.

    Args:
        first: The first chunk.
        last: The chunk to stop before.
        gradient: (rows, channels) at the output of ReLU, read.
        maps: (rows, channels) at the input of normalisation, read.
        scale: (channels,) float32.
        shift: (channels,) float32.
        mean: (channels,) float32.
        sums: (CHUNKS, 2, channels) float32, written.
    """
    rows, channels = maps.shape
    for chunk in range(first, last):
        total = np.zeros(channels, np.float32)
        product = np.zeros(channels, np.float32)
        for row in range(chunk * rows // CHUNKS, (chunk + 1) * rows // CHUNKS):
            cells = maps[row]
            slopes = gradient[row]
            for c in range(channels):
                value = widen(cells[c], maps)
                slope = widen(slopes[c], gradient)
                slope = np.float32(0) if value * scale[c] + shift[c] <= np.float32(0) else slope
                total[c] += slope
                product[c] += slope * (value - mean[c])
        for c in range(channels):
            sums[chunk, 0, c] = total[c]
            sums[chunk, 1, c] = product[c]


@_compiled
def spread_gradient(
    first: int,
    last: int,
    gradient: NDArray[Any],
    maps: NDArray[Any],
    scale: NDArray[Any],
    shift: NDArray[Any],
    slope_input: NDArray[Any],
    slope_constant: NDArray[Any],
    out: NDArray[Any],
) -> None:
    """Compute the gradient at the input of normalisation: scale * g + slope_input * x + slope_constant.

    Args:
        first: The first chunk.
        last: The chunk to stop before.
        gradient: (rows, channels) at the output of ReLU, read; g is the part that passes through ReLU.
        maps: (rows, channels) at the input of normalisation, x, read.
        scale: (channels,) float32.
        shift: (channels,) float32.
        slope_input: (channels,) float32.
        slope_constant: (channels,) float32.
        out: (rows, channels), written.
    """
    rows, channels = maps.shape
    for row in range(first * rows // CHUNKS, last * rows // CHUNKS):
        cells = maps[row]
        slopes = gradient[row]
        into = out[row]
        for c in range(channels):
            value = widen(cells[c], maps)
            slope = widen(slopes[c], gradient)
            slope = np.float32(0) if value * scale[c] + shift[c] <= np.float32(0) else slope
            into[c] = narrow(scale[c] * slope + slope_input[c] * value + slope_constant[c], out)


@_compiled
def spread_gradient_to_winners(
    first: int,
    last: int,
    gradient: NDArray[Any],
    pooled: NDArray[Any],
    winners: NDArray[Any],
    scale: NDArray[Any],
    shift: NDArray[Any],
    slope_input: NDArray[Any],
    slope_constant: NDArray[Any],
    out: NDArray[Any],
) -> None:
    """Like `spread_gradient`, then back through 2x2 max pooling: to the winner, and 0 to the other cells.

    Args:
        first: The first chunk.
        last: The chunk to stop before.
        gradient: (pictures, height // 2, width // 2, channels) at the output of ReLU, read.
        pooled: The same shape, at the input of normalisation, read.
        winners: The same shape, uint8, read.
        scale: (channels,) float32.
        shift: (channels,) float32.
        slope_input: (channels,) float32.
        slope_constant: (channels,) float32.
        out: (pictures, height, width, channels), written; a last odd row or column is 0.
    """
    pictures, height, width, channels = pooled.shape
    zero = narrow(np.float32(0), out)
    passed = np.empty(channels, out.dtype)
    for n in range(first * pictures // CHUNKS, last * pictures // CHUNKS):
        out[n, 2 * height :] = zero
        out[n, :, 2 * width :] = zero
        for i in range(height):
            for j in range(width):
                cells = pooled[n, i, j]
                slopes = gradient[n, i, j]
                winner = winners[n, i, j]
                for c in range(channels):
                    value = widen(cells[c], pooled)
                    slope = widen(slopes[c], gradient)
                    slope = np.float32(0) if value * scale[c] + shift[c] <= np.float32(0) else slope
                    passed[c] = narrow(scale[c] * slope + slope_input[c] * value + slope_constant[c], out)
                # One cell of the window at a time: the compiler can only rule out aliasing, and vectorise, if
                # a loop uses few arrays.
                for cell in range(4):
                    into = out[n, 2 * i + cell // 2, 2 * j + cell % 2]
                    for c in range(channels):
                        into[c] = passed[c] if winner[c] == cell else zero


@_compiled
def unpool(first: int, last: int, gradient: NDArray[Any], winners: NDArray[Any], out: NDArray[Any]) -> None:
    """Bring a gradient back through 2x2 max pooling: to the winner, and 0 to the other cells.

    Args:
        first: The first chunk.
        last: The chunk to stop before.
        gradient: (pictures, height // 2, width // 2, channels), read.
        winners: The same shape, uint8, read.
        out: (pictures, height, width, channels), written; a last odd row or column is 0.
    """
    pictures, height, width, channels = gradient.shape
    zero = narrow(np.float32(0), out)
    for n in range(first * pictures // CHUNKS, last * pictures // CHUNKS):
        out[n, 2 * height :] = zero
        out[n, :, 2 * width :] = zero
        for i in range(height):
            for j in range(width):
                slopes = gradient[n, i, j]
                winner = winners[n, i, j]
                for cell in range(4):
                    into = out[n, 2 * i + cell // 2, 2 * j + cell % 2]
                    for c in range(channels):
                        into[c] = slopes[c] if winner[c] == cell else zero
