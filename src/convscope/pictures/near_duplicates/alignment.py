"""Measure the similarity of two pictures after aligning one to the other.

The second thumbnail is shifted and stretched along both axes to minimise the squared difference to the first,
with brightness and contrast free (Gauss-Newton):

    first(y, x) ~ gain second(s_y y + t_y, s_x x + t_x) + offset        with y, x from the middle

Then the fine detail of both (the difference to the mean of the surrounding 5x5 cells) is correlated in their
overlap. Two photos of the same kind of scene may agree in light and shadow, but not in every detail.

Rows and columns are transformed independently, so that interpolation in a thumbnail is a product of three
matrices: weights of the rows, thumbnail, weights of the columns.

Source: S. Baker, I. Matthews, "Lucas-Kanade 20 years on", 2004, https://doi.org/10.1023/B:VISI.0000011205.11775.fd
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from convscope.common.processors import processor_count

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.float32]

_ZOOMS = (1.0, 0.9, 1.11)
_COARSE_STEPS, _FINE_STEPS = 5, 3
_LEAST_SCALE, _LARGEST_SCALE = 0.72, 1.39
_LEAST_OVERLAP = 0.6
_HOPELESS = 0.5
"""Fraction of the variance: for a copy, less than this remains unexplained after the coarse steps."""
_LARGEST_MOVE, _LEAST_GAIN = 0.1, 0.05
_LEAST_VARIANCE = 1e-6
_BLOCK = 128
"""Number of pairs at a time, whose data fit into a processor's cache."""
_DETAIL_BLOCK, _FAINT_DETAIL = 4, 0.25


def likenesses(
    thumbnails: NDArray[np.uint8], pairs: NDArray[np.integer], mirrored: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Align the second picture of each pair to the first, and correlate their fine detail.

    Args:
        thumbnails: (n, side, side).
        pairs: (pairs, 2) indices into them.
        mirrored: (pairs,) whether the second picture is flipped first.

    Returns:
        (pairs,) correlations, 0 to 1.

    Example:
        >>> noise = np.random.default_rng(0).integers(0, 256, (2, 32, 32), np.uint8)
        >>> three = np.concatenate([noise, noise[:1, :, ::-1] // 2])
        >>> pairs = np.array([[0, 1], [0, 2]], np.int32)
        >>> likenesses(three, pairs, np.array([False, True])).round(1).tolist()
        [0.0, 1.0]
    """
    out = np.zeros(len(pairs), np.float32)

    def work(start: int) -> None:
        block = slice(start, start + _BLOCK)
        first, second = (_centred(thumbnails[indices]) for indices in pairs[block].T)
        second = np.where(mirrored[block, None, None], second[:, :, ::-1], second)
        out[block] = _likenesses(first, second)

    with ThreadPoolExecutor(processor_count()) as pool:
        list(pool.map(work, range(0, len(pairs), _BLOCK)))
    return out


@dataclass(frozen=True, slots=True, eq=False)
class _Aligned:
    """Pairs in one alignment: sums over the overlapping pixels.

    Attributes:
        sums: (pairs, terms, terms), sums of products of the terms; the last three terms are the second
            picture, the constant 1, and the first picture.
        overlap: (pairs,) the share of the pixels that overlap.
    """

    sums: Numbers
    overlap: Numbers

    @property
    def unexplained(self) -> Numbers:
        """Fraction of the first picture's variance not explained by gain and offset: 1 - correlation²."""
        count = np.maximum(self.sums[:, -2, -2], 1)
        mean_second, mean_first = self.sums[:, -3, -2] / count, self.sums[:, -2, -1] / count
        variance_second = self.sums[:, -3, -3] / count - mean_second**2
        variance_first = self.sums[:, -1, -1] / count - mean_first**2
        shared = self.sums[:, -3, -1] / count - mean_second * mean_first
        flat = (np.minimum(variance_first, variance_second) <= _LEAST_VARIANCE) | (shared <= 0)
        product = np.where(flat, 1, variance_first * variance_second)
        return np.where(flat, 1, np.clip(1 - shared**2 / product, 0, 1))

    def moves(self) -> NDArray[np.float64]:
        """Return the (pairs, 4) updates of the warps, which solve the normal equations."""
        matrix = self.sums[:, :6, :6].astype(np.float64)
        diagonal = np.einsum("pkk->pk", matrix)
        diagonal += 1e-4 * diagonal + 1e-9  # avoids division by 0
        solution = np.linalg.solve(matrix, self.sums[:, :6, 6:].astype(np.float64))[:, :, 0]
        gain = solution[:, 4:5]
        is_known = np.abs(gain) >= _LEAST_GAIN
        moves = solution[:, :4] / np.where(is_known, gain, 1)
        return np.where(is_known, np.clip(moves, -_LARGEST_MOVE, _LARGEST_MOVE), 0)


def _likenesses(first: Numbers, second: Numbers) -> Numbers:
    """Return the similarity of pairs of centred pictures, (pairs, side, side) each."""
    out = np.zeros(len(first), np.float32)
    warps = _best_zooms(first, second)
    places = np.arange(len(first))
    for step in range(_COARSE_STEPS + _FINE_STEPS):
        aligned = _align(first[places], second[places], warps, stride=2 if step < _COARSE_STEPS else 1)
        kept = aligned.overlap >= _LEAST_OVERLAP
        if step == _COARSE_STEPS:
            kept &= aligned.unexplained <= _HOPELESS
        warps = (warps + aligned.moves())[kept]
        places = places[kept]
    scales = warps[:, ::2]
    kept = (scales.min(axis=1) >= _LEAST_SCALE) & (scales.max(axis=1) <= _LARGEST_SCALE)
    warps, places = warps[kept], places[kept]
    aligned = _align(_details(first[places]), _details(second[places]), warps, stride=1, moving=False)
    out[places] = np.where(aligned.overlap >= _LEAST_OVERLAP, np.sqrt(1 - aligned.unexplained), 0)
    return out


def _best_zooms(first: Numbers, second: Numbers) -> NDArray[np.float64]:
    """Return (pairs, 4) scale and shift of rows, scale and shift of columns, without shift."""
    tried = [
        _align(first, second, np.array([[zoom, 0.0, zoom, 0.0]]), stride=2, moving=False) for zoom in _ZOOMS
    ]
    zooms = np.array(_ZOOMS)[np.argmin([one.unexplained for one in tried], axis=0)]
    return np.stack([zooms, 0 * zooms, zooms, 0 * zooms], axis=1)


def _align(
    first: Numbers, second: Numbers, warps: NDArray[np.float64], *, stride: int, moving: bool = True
) -> _Aligned:
    """Align the second pictures to the first, and sum products of the terms.

    The unknowns of the normal equations are s_y, t_y, s_x, t_x, gain and offset. Positions are in half sides
    from the centre, so that all unknowns have about the same magnitude.

    Args:
        first: (pairs, side, side).
        second: The same.
        warps: (pairs, 4) s_y, t_y, s_x, t_x; or (1, 4), the same for all.
        stride: Use every `stride`-th row and column.
        moving: Whether the terms of the first four unknowns are needed.
    """
    count, side, _ = first.shape
    half = np.float32((side - 1) / 2)
    centred = (np.arange(0, side, stride, dtype=np.float32) - half) / half
    (rows, row_slopes, in_rows), (columns, column_slopes, in_columns) = (
        _weights((warp[:, :1] * centred + warp[:, 1:]) * half + half, side)
        for warp in (warps[:, :2], warps[:, 2:])
    )
    inside = in_rows[:, :, None] & in_columns[:, None, :]
    cells = len(centred)
    terms = np.empty((count, 7 if moving else 3, cells, cells), np.float32)
    *moves, gain, offset, target = terms.swapaxes(0, 1)
    across = second @ columns.transpose(0, 2, 1)
    np.matmul(rows, across, out=gain)
    offset[:] = inside
    np.multiply(first[:, ::stride, ::stride], inside, out=target)
    if moving:
        scale_y, shift_y, scale_x, shift_x = moves
        np.matmul(half * row_slopes, across, out=shift_y)
        np.multiply(shift_y, centred[:, None], out=scale_y)
        np.matmul(rows, second @ (half * column_slopes).transpose(0, 2, 1), out=shift_x)
        np.multiply(shift_x, centred, out=scale_x)
    sums = _sums_of_products(terms.reshape(*terms.shape[:2], cells**2))
    return _Aligned(sums, inside.mean(axis=(1, 2), dtype=np.float32))


def _sums_of_products(terms: Numbers) -> Numbers:
    """Return the sums over all places of the products of each two terms, (pairs, terms, terms).

    For a matrix times its own transpose, NumPy calls a BLAS routine that is slow for few rows; without the
    last row, it does not.

    Args:
        terms: (pairs, terms, places).
    """
    pairs, count, _ = terms.shape
    sums = np.empty((pairs, count, count), np.float32)
    sums[:, :-1] = terms[:, :-1] @ terms.transpose(0, 2, 1)
    sums[:, -1, :-1] = sums[:, :-1, -1]
    sums[:, -1, -1] = np.vecdot(terms[:, -1], terms[:, -1])
    return sums


def _weights(positions: NDArray[np.float64], side: int) -> tuple[Numbers, Numbers, NDArray[np.bool_]]:
    """Return interpolation weights of all pixels at some positions, and their slopes; zeros outside.

    Args:
        positions: (pairs, n) in pixels.
        side: Number of pixels.

    Returns:
        Weights and slopes, (pairs, n, side) each; (pairs, n) whether a position is inside.
    """
    at = positions.astype(np.float32)
    inside = (at >= 0) & (at <= side - 1)
    below = np.clip(np.floor(at), 0, side - 2)
    weights, slopes = np.zeros((2, at.size, side), np.float32)
    numbers = np.arange(at.size)
    for pixel, slope in ((below, -1), (below + 1, 1)):
        places = numbers, pixel.ravel().astype(np.int64)
        weights[places] = ((1 - np.abs(at - pixel)) * inside).ravel()
        slopes[places] = (slope * inside).ravel()
    return weights.reshape(*at.shape, side), slopes.reshape(*at.shape, side), inside


def _centred(thumbnails: NDArray[np.uint8]) -> Numbers:
    """Return pictures with a mean of 0, to reduce rounding errors."""
    values = thumbnails.astype(np.float32)
    return values - values.mean(axis=(1, 2), keepdims=True)


def _details(pictures: Numbers) -> Numbers:
    """Return the difference to the mean of the surrounding 5x5 cells, fewer at the border."""
    cells = np.arange(pictures.shape[1])
    near = (np.abs(cells[:, None] - cells) <= 2).astype(np.float32)
    around = np.multiply.outer(near.sum(axis=1), near.sum(axis=1))
    return pictures - near @ pictures @ near / around


def detailed_share(thumbnails: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the share of each picture that has details.

    This is the share of its blocks of 4x4 cells whose fine detail is at least a quarter as strong as the
    whole picture's.

    Args:
        thumbnails: (n, side, side).

    Example:
        >>> square = np.zeros((1, 32, 32), np.uint8)
        >>> square[0, 8:16, 8:16] = 255
        >>> noise = np.random.default_rng(0).integers(0, 256, (1, 32, 32), np.uint8)
        >>> detailed_share(np.concatenate([square, noise])).tolist()
        [0.25, 1.0]
    """
    count, side, _ = thumbnails.shape
    blocks = side // _DETAIL_BLOCK
    out = np.empty(count, np.float32)
    for start in range(0, count, _BLOCK):
        block = slice(start, start + _BLOCK)
        power = _details(_centred(thumbnails[block])) ** 2
        power = power.reshape(-1, blocks, _DETAIL_BLOCK, blocks, _DETAIL_BLOCK).mean(axis=(2, 4))
        whole = power.mean(axis=(1, 2), keepdims=True)
        out[block] = (power > _FAINT_DETAIL**2 * whole).mean(axis=(1, 2))
    return out
