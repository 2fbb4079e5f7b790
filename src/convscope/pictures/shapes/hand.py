"""Simulate strokes drawn with a mouse: they wobble, drift, cut corners, and miss their starting point."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from convscope.pictures.shapes.outlines import Stroke

_WOBBLE, _DRIFT, _TREMOR = 0.045, 0.06, 0.01
"""Standard deviations, in half sides of the shape: of slow waves, of the drift, of each point."""
_CARELESSNESS = 0.35
"""Standard deviation of the logarithm of a factor of these errors, which varies between strokes."""
_MISS = 0.035
"""Standard deviation of the gap (below 0) or overshoot (above 0) at the end, relative to the stroke."""
_LARGEST_MISS = 0.12
_POINTS_PER_LENGTH = (4, 12)
"""Number of points that a mouse reports on a line of length 1."""


def by_hand(stroke: Stroke, rng: np.random.Generator) -> NDArray[np.float64]:
    """Draw a stroke by hand.

    Args:
        stroke: The ideal stroke.
        rng: Random generator.

    Returns:
        (m, 2), the polyline of the mouse's reported positions, unevenly spaced.
    """
    corners = stroke.points
    if stroke.is_closed:
        corners = np.concatenate([corners, corners[:1]])
    lengths = np.hypot(*np.diff(corners, axis=0).T)
    places = np.insert(np.cumsum(lengths), 0, 0) / lengths.sum()
    reported = _reported(places, lengths.sum(), stroke, rng)
    around = reported % 1 if stroke.is_closed else np.clip(reported, 0, 1)
    points = np.stack([np.interp(around, places, corners[:, axis]) for axis in (0, 1)], axis=1)
    scale = min(1.0, float(np.ptp(corners, axis=0).max()) / 2)  # small parts are drawn with smaller errors
    return points + scale * np.exp(rng.normal(0, _CARELESSNESS)) * _error(reported, rng)


def _reported(
    places: NDArray[np.float64], length: float, stroke: Stroke, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return the positions on the stroke that the mouse reports, 0 to about 1, ascending."""
    miss = float(np.clip(rng.normal(0, _MISS), -_LARGEST_MISS, _LARGEST_MISS)) if stroke.is_closed else 0.0
    count = max(2, round(length * rng.uniform(*_POINTS_PER_LENGTH)))
    gaps = rng.gamma(3, size=count)
    even = np.insert(np.cumsum(gaps), 0, 0) / gaps.sum() * (1 + miss)
    turns = places[1:-1] if rng.random() < 0.7 else places[:0]  # a careful hand does not cut corners
    return np.unique(np.concatenate([even, turns[turns < 1 + miss]]))


def _error(reported: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """Return the error of each point, (m, 2)."""
    waves = np.arange(1, 4)
    phases = 2 * np.pi * (reported[:, None, None] * waves + rng.random((1, 2, 3)))
    wobble = (np.sin(phases) * rng.normal(0, _WOBBLE, (1, 2, 3)) / waves).sum(axis=2)
    drift = reported[:, None] * rng.normal(0, _DRIFT, 2)
    return wobble + drift + rng.normal(0, _TREMOR, (len(reported), 2))
