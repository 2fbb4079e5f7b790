"""One kernel that cuts a batch out of the store: moved, mirrored, recoloured, cut out, normalised and cast.

For every picture of the batch an affine map says where in the stored picture each output pixel comes from; in
between, four neighbours are mixed (bilinear), beyond the border the picture is reflected. A map of whole
pixels is exact.
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
def _reflect(place: int, size: int) -> int:
    """Fold a place beyond the border back inside, not repeating the border: -1 is 1, size is size - 2."""
    if 0 <= place < size:
        return place
    if size == 1:
        return 0
    period = 2 * size - 2
    place = place % period
    return place if place < size else period - place


@njit(nogil=True, error_model="numpy")
def cut_batch(
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
    """Write the pictures of a batch; a kernel as `convscope.network.kernels` has them.

    Args:
        first: The first chunk.
        last: The chunk to stop before.
        pictures: (n, height, width, channels) uint8, the store.
        picks: (batch,) which pictures of the store.
        maps: (batch, 2, 3) float32: row = m00 r + m01 c + m02, column = m10 r + m11 c + m12, in pixels from
            the middle of the picture.
        colours: (batch, 3) float32: contrast (about the mean), brightness (in pixel values) and saturation.
        holes: (batch, 3) float32: row and column of the middle of a square that is grey as the mean, and half
            its side, all as shares of height and width; half 0 for none.
        mean: (channels,) float32, in pixel values.
        std: (channels,) float32, likewise.
        out: (batch, height, width, channels) float32, or bfloat16 seen as uint16.
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
                    out[b, i, j] = 0  # all bits: zero in every kind of number
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
