"""One kernel that augments a batch: crop, flip, rotation, colour, cutout, normalisation and cast.

For every picture of the batch, an affine map gives the position in the stored picture of each output pixel.
Between pixels, interpolation is bilinear; beyond the border, the picture is reflected. Shifts by whole pixels
are exact.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from convscope.common.compiled import njit
from convscope.network.bfloat16 import narrow
from convscope.network.kernels import CHUNKS

if TYPE_CHECKING:
    from numpy.typing import NDArray


@njit(nogil=True, error_model="numpy")
def _reflect(position: int, size: int) -> int:
    """Reflect a position at the border without repeating it: -1 becomes 1, size becomes size - 2."""
    if 0 <= position < size:
        return position
    if size == 1:
        return 0
    period = 2 * size - 2
    position = position % period
    return position if position < size else period - position


@njit(nogil=True, error_model="numpy")
def augment_batch(
    first: int,
    last: int,
    pictures: NDArray[Any],
    picks: NDArray[Any],
    maps: NDArray[Any],
    colours: NDArray[Any],
    holes: NDArray[Any],
    mean: NDArray[Any],
    std: NDArray[Any],
    out: NDArray[Any],
) -> None:
    """Augment the pictures of a batch; a kernel like those of `convscope.network.kernels`.

    Args:
        first: The first chunk.
        last: The chunk to stop before.
        pictures: (n, height, width, channels) uint8, the store.
        picks: (batch,) indices into the store.
        maps: (batch, 2, 3) float32: row = m00 r + m01 c + m02, column = m10 r + m11 c + m12, in pixels from
            the middle of the picture.
        colours: (batch, 3) float32: contrast (about the mean), brightness (in pixel values) and saturation.
        holes: (batch, 3) float32: row and column of the centre of a square that is set to the mean, and half
            its side, all as fractions of height and width; 0 for no square.
        mean: (channels,) float32, in pixel values.
        std: (channels,) float32, in pixel values.
        out: (batch, height, width, channels) float32, or bfloat16 viewed as uint16.
    """
    height, width, channels = out.shape[1], out.shape[2], out.shape[3]
    tall, wide = pictures.shape[1], pictures.shape[2]
    values = np.empty(channels, np.float32)
    batch = len(picks)
    for b in range(first * batch // CHUNKS, last * batch // CHUNKS):
        source = pictures[picks[b]]
        m = maps[b]
        contrast, brightness, saturation = colours[b, 0], colours[b, 1], colours[b, 2]
        down, right, half = holes[b, 0], holes[b, 1], holes[b, 2]
        for i in range(height):
            in_rows = abs((np.float32(i) + np.float32(0.5)) / np.float32(height) - down) < half
            for j in range(width):
                if in_rows and abs((np.float32(j) + np.float32(0.5)) / np.float32(width) - right) < half:
                    out[b, i, j] = 0  # all bits 0, which is 0 in every number format
                    continue
                r = np.float32(i) - np.float32(0.5) * np.float32(height - 1)
                s = np.float32(j) - np.float32(0.5) * np.float32(width - 1)
                y = m[0, 0] * r + m[0, 1] * s + m[0, 2] + np.float32(0.5) * np.float32(tall - 1)
                x = m[1, 0] * r + m[1, 1] * s + m[1, 2] + np.float32(0.5) * np.float32(wide - 1)
                y0, x0 = int(np.floor(y)), int(np.floor(x))
                v, u = y - np.float32(y0), x - np.float32(x0)
                ya, yb = _reflect(y0, tall), _reflect(y0 + 1, tall)
                xa, xb = _reflect(x0, wide), _reflect(x0 + 1, wide)
                grey = np.float32(0)
                for c in range(channels):
                    above = source[ya, xa, c] * (np.float32(1) - u) + source[ya, xb, c] * u
                    below = source[yb, xa, c] * (np.float32(1) - u) + source[yb, xb, c] * u
                    values[c] = above * (np.float32(1) - v) + below * v
                    grey += values[c]
                grey /= np.float32(channels)
                for c in range(channels):
                    value = grey + saturation * (values[c] - grey)
                    value = mean[c] + contrast * (value - mean[c]) + brightness
                    out[b, i, j, c] = narrow((value - mean[c]) / std[c], out)
