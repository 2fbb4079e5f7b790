"""Descriptors: a few numbers for each picture that are almost the same for its copies.

They are the low frequencies of a thumbnail: in a frame from a to b, for integer frequencies u and v,

    D(u, v) = sum over y, x of thumbnail(y, x) cos(pi v (y - a) / (b - a)) cos(pi u (x - a) / (b - a))

for 0 < u + v <= 6, each divided by its standard deviation over the set, and the vector scaled to unit length.
The dot product of two descriptors is then a correlation, 1 for equal pictures. They are invariant to
brightness and contrast, and almost to recompression and resizing; mirroring only changes the sign for odd u.
For cropping, there is a second frame with its border moved inwards: a cropped copy is similar to a frame
inside the original.

Source: C. Zauner, "Implementation and benchmarking of perceptual image hash functions", 2010, for hashes of
low frequencies, which keep the signs; here the values are kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

LARGEST_FREQUENCY = 6
INNER_BORDER = 0.05
"""Fraction of each side: half of what may be cropped from it."""

_LEAST_SPREAD = 1e-3
"""Fraction of the largest standard deviation: less is rounding error, of a frequency that no picture has."""
_BLOCK = 4096


@dataclass(frozen=True, slots=True, eq=False)
class Descriptors:
    """Descriptors of n pictures, 27 numbers each.

    Attributes:
        whole: float32 (n, 27), of the whole pictures.
        inner: float32 (n, 27), of the frame inside.
        odd: (27,) whether mirroring changes the sign.
    """

    whole: NDArray[np.float32]
    inner: NDArray[np.float32]
    odd: NDArray[np.bool_]

    def versions(self) -> tuple[NDArray[np.float32], ...]:
        """Return the versions to compare with: whole and inner frame, each original and mirrored."""
        mirror = np.where(self.odd, np.float32(-1), np.float32(1))
        return self.whole, self.inner, self.whole * mirror, self.inner * mirror


def describe(thumbnails: NDArray[np.uint8]) -> Descriptors:
    """Compute descriptors from the low frequencies of thumbnails.

    Args:
        thumbnails: (n, side, side).

    Returns:
        Descriptors of length 1; all zeros for a picture without low frequencies, which matches nothing.

    Example:
        >>> ramps = np.multiply.outer([1, 2], np.tile(np.arange(0, 128, 4), (32, 1))).astype(np.uint8)
        >>> whole = describe(np.concatenate([ramps, 255 - ramps])).whole
        >>> np.rint(whole[0] @ whole.T).astype(int).tolist()  # contrast does not matter, the direction does
        [1, 1, -1, -1]
    """
    frequency = np.arange(LARGEST_FREQUENCY + 1)
    total = frequency[:, None] + frequency
    kept = (total > 0) & (total <= LARGEST_FREQUENCY)
    odd = np.broadcast_to(frequency % 2 == 1, kept.shape)[kept]
    return Descriptors(_in_frame(thumbnails, 0.0, kept), _in_frame(thumbnails, INNER_BORDER, kept), odd)


def _in_frame(thumbnails: NDArray[np.uint8], border: float, kept: NDArray[np.bool_]) -> NDArray[np.float32]:
    waves = _waves(thumbnails.shape[1], border)
    found = np.empty((len(thumbnails), int(kept.sum())), np.float32)
    for start in range(0, len(thumbnails), _BLOCK):
        block = thumbnails[start : start + _BLOCK].astype(np.float32)
        found[start : start + _BLOCK] = (waves @ block @ waves.T)[:, kept]
    spread = np.sqrt((found**2).mean(axis=0))
    found /= np.maximum(spread, max(_LEAST_SPREAD * spread.max(), np.finfo(np.float32).tiny))
    lengths = np.linalg.norm(found, axis=1, keepdims=True)
    return np.divide(found, lengths, out=np.zeros_like(found), where=lengths > 1e-3)


def _waves(side: int, border: float) -> NDArray[np.float32]:
    """Return cosines within the borders, (frequencies, side); pixels are weighted by their share inside."""
    edges = np.arange(side + 1) / side
    low, high = border, 1 - border
    inside = np.clip(np.minimum(edges[1:], high) - np.maximum(edges[:-1], low), 0, None) * side
    middles = np.clip(((edges[1:] + edges[:-1]) / 2 - low) / (high - low), 0, 1)
    frequency = np.arange(LARGEST_FREQUENCY + 1)[:, None]
    cosines = np.cos(np.pi * frequency * middles) * inside
    # without the mean, so that brightness does not leak into other frequencies
    cosines[1:] -= inside * cosines[1:].sum(axis=1, keepdims=True) / inside.sum()
    return cosines.astype(np.float32)
