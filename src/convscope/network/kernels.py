"""Max pooling, normalisation and ReLU as single passes over channels-last memory.

PyTorch runs the three steps between two convolutions as separate passes, with eight bytes a winner. Here the
forward way is two passes (pool and sum up; normalise and cut at zero), the backward way two more (sum up;
spread), with one byte a winner.

Arrays are channels-last, float32 or bfloat16 seen as uint16 (`bfloat16.py`): maps as (pictures, height,
width, channels), or as (rows, channels) where the place does not matter. Rows are cut into a fixed number of
chunks whose partial sums are added in order, so results do not depend on the number of threads. A kernel
works on the chunks from `first` to before `last` and releases the interpreter lock; `threads.py` hands the
chunks out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from convscope.common.compiled import njit
from convscope.network.bfloat16 import narrow, widen

if TYPE_CHECKING:
    from numpy.typing import NDArray

CHUNKS = 16
"""Into so many chunks the rows of a batch are cut, whatever the number of threads."""

# NaN and infinity must stay what they are, so of the fast-math liberties only these two are taken.
_compiled = njit(nogil=True, error_model="numpy", fastmath={"contract", "nsz"})


@_compiled
def sum_rows(first: int, last: int, maps: NDArray[Any], sums: NDArray[Any]) -> None:
    """Sum each channel and its squares.

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
        sums[chunk, 0] = total
        sums[chunk, 1] = square


@_compiled
def pool_and_sum(
    first: int, last: int, maps: NDArray[Any], pooled: NDArray[Any], winners: NDArray[Any], sums: NDArray[Any]
) -> None:
    """Take the maximum of each 2x2 window and sum what comes out.

    Args:
        first: The first chunk.
        last: The chunk to stop before.
        maps: (pictures, height, width, channels), read.
        pooled: (pictures, height // 2, width // 2, channels), written.
        winners: The same shape, uint8, written: the winning cell of the window, 0 to 3 row by row. The first
            of equals wins, and the last NaN, as in PyTorch.
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
                        place = np.uint8(0)
                        value = widen(top_right[c], maps)
                        beaten = (value > best) | np.isnan(value)
                        best = value if beaten else best
                        place = np.uint8(1) if beaten else place
                        value = widen(bottom_left[c], maps)
                        beaten = (value > best) | np.isnan(value)
                        best = value if beaten else best
                        place = np.uint8(2) if beaten else place
                        value = widen(bottom_right[c], maps)
                        beaten = (value > best) | np.isnan(value)
                        best = value if beaten else best
                        place = np.uint8(3) if beaten else place
                        out[c] = narrow(best, pooled)
                        winner[c] = place
                        total[c] += best
                        square[c] += best * best
        sums[chunk, 0] = total
        sums[chunk, 1] = square


@_compiled
def normalise_relu(
    first: int, last: int, maps: NDArray[Any], scale: NDArray[Any], shift: NDArray[Any], out: NDArray[Any]
) -> None:
    """Write max(0, scale * x + shift), channel by channel.

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
            # A NaN stays one, which max() would not see to.
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
    """Sum, a channel, the gradient that ReLU lets through, alone and times the centred input.

    Args:
        first: The first chunk.
        last: The chunk to stop before.
        gradient: (rows, channels) at the output of ReLU, read.
        maps: (rows, channels) what went into normalisation, read.
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
        sums[chunk, 0] = total
        sums[chunk, 1] = product


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
    """Write the gradient at the input of normalisation: scale * g + slope_input * x + slope_constant.

    Args:
        first: The first chunk.
        last: The chunk to stop before.
        gradient: (rows, channels) at the output of ReLU, read; g is what ReLU lets through of it.
        maps: (rows, channels) what went into normalisation, x, read.
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
    """Like `spread_gradient`, and on through 2x2 pooling: the winner gets it, the other cells get zero.

    Args:
        first: The first chunk.
        last: The chunk to stop before.
        gradient: (pictures, height // 2, width // 2, channels) at the output of ReLU, read.
        pooled: The same shape, what went into normalisation, read.
        winners: The same shape, uint8, read.
        scale: (channels,) float32.
        shift: (channels,) float32.
        slope_input: (channels,) float32.
        slope_constant: (channels,) float32.
        out: (pictures, height, width, channels), written; a last odd row or column gets zero.
    """
    pictures, height, width, channels = pooled.shape
    nothing = narrow(np.float32(0), out)
    given = np.empty(channels, out.dtype)
    for n in range(first * pictures // CHUNKS, last * pictures // CHUNKS):
        out[n, 2 * height :] = nothing
        out[n, :, 2 * width :] = nothing
        for i in range(height):
            for j in range(width):
                cells = pooled[n, i, j]
                slopes = gradient[n, i, j]
                winner = winners[n, i, j]
                for c in range(channels):
                    value = widen(cells[c], pooled)
                    slope = widen(slopes[c], gradient)
                    slope = np.float32(0) if value * scale[c] + shift[c] <= np.float32(0) else slope
                    given[c] = narrow(scale[c] * slope + slope_input[c] * value + slope_constant[c], out)
                # One window cell at a time: with few arrays in a loop the compiler can rule out that they
                # overlap, and only then does it use vector instructions.
                for place in range(4):
                    into = out[n, 2 * i + place // 2, 2 * j + place % 2]
                    for c in range(channels):
                        into[c] = given[c] if winner[c] == place else nothing
