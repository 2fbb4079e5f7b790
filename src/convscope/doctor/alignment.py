"""Measure how similar two pictures are after one has been aligned to the other.

The second thumbnail is shifted and stretched along both axes to minimise the squared difference to the first,
with brightness and contrast free (Gauss-Newton):

    first(y, x) ~ gain second(s_y y + t_y, s_x x + t_x) + offset        with y, x from the middle

Then the fine detail of both, the difference to the mean of the surrounding 5x5 cells, is correlated where
they overlap. Two photos of the same kind may agree in light and shadow, but not in every detail.

Source: S. Baker, I. Matthews, "Lucas-Kanade 20 years on", 2004, https://doi.org/10.1023/B:VISI.0000011205.11775.fd
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from convscope.common.compiled import njit
from convscope.network.kernels import CHUNKS
from convscope.network.threads import run

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ZOOMS = (1.0, 0.9, 1.11)
_COARSE_STEPS, _FINE_STEPS = 5, 3
_LEAST_SCALE, _LARGEST_SCALE = 0.72, 1.39
_LEAST_OVERLAP = 0.6
_HOPELESS = 0.5
"""Fraction of the variance: for a copy, less than this is unexplained after the coarse steps."""

_compiled = njit(nogil=True, error_model="numpy", fastmath={"contract", "nsz", "reassoc"})


@_compiled
def _normal_equations(
    first: NDArray[Any], second: NDArray[Any], warp: NDArray[Any], stride: int, system: NDArray[Any]
) -> int:
    """Sum up the normal equations of one Gauss-Newton step; return the number of overlapping pixels.

    The unknowns are s_y, t_y, s_x, t_x, gain and offset, then the right side, and last the sum of squares:
    `system` is (7, 7), of which the upper half is written. Positions are in half sides from the centre, so
    that all unknowns have about the same magnitude.
    """
    side = first.shape[0]
    half = 0.5 * (side - 1)
    scale = np.float32(half)
    system[:] = 0.0
    terms = np.empty((7, side), np.float32)
    overlap = 0
    for i in range(0, side, stride):
        v = (i - half) / half
        y = (warp[0] * v + warp[1]) * half + half
        if not 0.0 <= y <= side - 1:
            continue
        y0 = min(int(y), side - 2)
        fy = np.float32(y - y0)
        terms[:] = 0.0  # pixels without overlap contribute nothing
        for j in range(0, side, stride):
            u = (j - half) / half
            x = (warp[2] * u + warp[3]) * half + half
            if not 0.0 <= x <= side - 1:
                continue
            x0 = min(int(x), side - 2)
            fx = np.float32(x - x0)
            a, b = second[y0, x0], second[y0, x0 + 1]
            c, d = second[y0 + 1, x0], second[y0 + 1, x0 + 1]
            top, bottom = a + (b - a) * fx, c + (d - c) * fx
            slope_y = (bottom - top) * scale
            slope_x = ((b - a) + (d - c - b + a) * fy) * scale
            place = j // stride
            terms[0, place], terms[1, place] = slope_y * v, slope_y
            terms[2, place], terms[3, place] = slope_x * u, slope_x
            terms[4, place], terms[5, place] = top + (bottom - top) * fy, 1.0
            terms[6, place] = first[i, j]
            overlap += 1
        for p in range(7):
            for q in range(p, 7):
                total = np.float32(0)
                for place in range(side // stride):  # vectorised by the compiler
                    total += terms[p, place] * terms[q, place]
                system[p, q] += total
    return overlap


@_compiled
def _unexplained(system: NDArray[Any], overlap: int) -> float:
    """Fraction of the first picture's variance left by gain and offset alone: 1 - correlation^2."""
    mean_second, mean_first = system[4, 5] / overlap, system[5, 6] / overlap
    variance_second = system[4, 4] / overlap - mean_second**2
    variance_first = system[6, 6] / overlap - mean_first**2
    shared = system[4, 6] / overlap - mean_second * mean_first
    if variance_first <= 1e-6 or variance_second <= 1e-6 or shared <= 0.0:
        return 1.0
    return 1.0 - shared**2 / (variance_first * variance_second)


@_compiled
def _solve(system: NDArray[Any], solution: NDArray[Any]) -> None:
    """Solve the equations by elimination, with a small diagonal term against division by 0."""
    for p in range(6):
        system[p, p] += 1e-4 * system[p, p] + 1e-9
        for q in range(p):
            system[p, q] = system[q, p]
    for p in range(6):
        for q in range(p + 1, 6):
            factor = system[q, p] / system[p, p]
            for r in range(p, 7):
                system[q, r] -= factor * system[p, r]
    for p in range(5, -1, -1):
        total = system[p, 6]
        for q in range(p + 1, 6):
            total -= system[p, q] * solution[q]
        solution[p] = total / system[p, p]


@_compiled
def _step(system: NDArray[Any], warp: NDArray[Any]) -> None:
    """Apply the solution of the equations to the warp."""
    solution = np.zeros(6, np.float64)
    _solve(system, solution)
    gain = solution[4]
    if abs(gain) < 0.05:
        return
    for p in range(4):
        warp[p] += min(0.1, max(-0.1, solution[p] / gain))


@_compiled
def _best_zoom(first: NDArray[Any], second: NDArray[Any], warp: NDArray[Any], system: NDArray[Any]) -> None:
    least = 2.0
    trial = np.zeros(4, np.float64)
    for zoom in _ZOOMS:
        trial[0] = trial[2] = zoom
        overlap = _normal_equations(first, second, trial, 2, system)
        left = _unexplained(system, overlap)
        if left < least:
            least = left
            warp[:] = trial


@_compiled
def _details(thumbnail: NDArray[Any]) -> NDArray[Any]:
    """Return the difference to the mean of the surrounding 5x5 cells, fewer at the border."""
    side = thumbnail.shape[0]
    out = np.empty((side, side), np.float32)
    sums = np.empty(side, np.float32)
    for i in range(side):
        above, below = max(0, i - 2), min(side, i + 3)
        sums[:] = 0.0
        for y in range(above, below):
            for j in range(side):
                sums[j] += thumbnail[y, j]
        for j in range(side):
            left, right = max(0, j - 2), min(side, j + 3)
            total = np.float32(0)
            for x in range(left, right):
                total += sums[x]
            out[i, j] = thumbnail[i, j] - total / ((below - above) * (right - left))
    return out


@_compiled
def _likeness(first: NDArray[Any], second: NDArray[Any]) -> float:
    system = np.empty((7, 7), np.float64)
    warp = np.zeros(4, np.float64)
    _best_zoom(first, second, warp, system)
    for step in range(_COARSE_STEPS + _FINE_STEPS):
        stride = 2 if step < _COARSE_STEPS else 1
        cells = (first.shape[0] // stride) ** 2
        overlap = _normal_equations(first, second, warp, stride, system)
        if overlap < _LEAST_OVERLAP * cells:
            return 0.0
        if step == _COARSE_STEPS and _unexplained(system, overlap) > _HOPELESS:
            return 0.0
        _step(system, warp)
    for scale in (warp[0], warp[2]):
        if scale < _LEAST_SCALE or scale > _LARGEST_SCALE:
            return 0.0
    overlap = _normal_equations(_details(first), _details(second), warp, 1, system)
    if overlap < _LEAST_OVERLAP * first.size:
        return 0.0
    return np.sqrt(1.0 - _unexplained(system, overlap))


@_compiled
def align(
    first: int,
    last: int,
    thumbnails: NDArray[Any],
    pairs: NDArray[Any],
    mirrored: NDArray[Any],
    out: NDArray[Any],
) -> None:
    """Measure the similarity of each pair of pictures; a kernel like those of `convscope.network.kernels`.

    Args:
        first: The first chunk.
        last: The chunk to stop before.
        thumbnails: (n, side, side) uint8.
        pairs: (pairs, 2) int32.
        mirrored: (pairs,) bool, whether the second picture is flipped first.
        out: (pairs,) float32, 0 to 1, written.
    """
    total = len(pairs)
    for place in range(first * total // CHUNKS, last * total // CHUNKS):
        one = thumbnails[pairs[place, 0]].astype(np.float32)
        two = thumbnails[pairs[place, 1]].astype(np.float32)
        if mirrored[place]:
            two = np.ascontiguousarray(two[:, ::-1])
        out[place] = _likeness(one, two)


def likenesses(
    thumbnails: NDArray[np.uint8], pairs: NDArray[np.int32], mirrored: NDArray[np.bool_]
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
    run(align, thumbnails, pairs, mirrored, out)
    return out
