"""Thresholds: the probability from which a label counts as present.

One half is optimal if probabilities are calibrated and both kinds of error cost the same. A rare label is
then hardly ever predicted, because its probability seldom reaches one half. So each label gets the threshold
with the highest F1 on pictures that were not trained on, the usual compromise between finding all pictures
with the label (recall) and no others (precision). Labels with few such pictures keep one half, because a
threshold fitted to a handful of pictures would overfit.

Source: Z. C. Lipton, C. Elkan, B. Naryanaswamy, "Optimal thresholding of classifiers to maximize F1 measure",
ECML PKDD 2014, https://arxiv.org/abs/1402.1892.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

DEFAULT = 0.5
FEWEST_PICTURES = 10
"""A label with fewer positive or negative pictures keeps the default."""


def fit_thresholds(probabilities: NDArray[np.float64], truth: NDArray[np.bool_]) -> tuple[float, ...]:
    """Find the threshold of each label.

    Args:
        probabilities: (n, labels), of pictures that were not trained on.
        truth: (n, labels), whether each picture has the label.

    Returns:
        One per label, above 0 and below 1.

    Example:
        >>> rare = np.linspace(0.05, 0.45, 40)[:, np.newaxis]
        >>> f"{fit_thresholds(rare, rare > 0.3)[0]:.2f}"
        '0.30'
    """
    return tuple(
        _best_threshold(shares, present) for shares, present in zip(probabilities.T, truth.T, strict=True)
    )


def decisions(probabilities: NDArray[np.floating], thresholds: tuple[float, ...] | None) -> NDArray[np.bool_]:
    """Return decisions (n, classes): the most probable class, or the labels at their thresholds.

    Args:
        probabilities: (n, classes).
        thresholds: One per label; None: pictures have one class.

    Example:
        >>> shares = np.array([[0.6, 0.4]])
        >>> decisions(shares, None).tolist(), decisions(shares, (0.5, 0.3)).tolist()
        ([[True, False]], [[True, True]])
    """
    if thresholds is None:
        return probabilities.argmax(axis=1)[:, np.newaxis] == np.arange(probabilities.shape[1])
    return probabilities >= np.asarray(thresholds, probabilities.dtype)


def _best_threshold(probabilities: NDArray[np.float64], present: NDArray[np.bool_]) -> float:
    """Return the midpoint between neighbouring probabilities with the highest F1."""
    positives = int(present.sum())
    if min(positives, len(present) - positives) < FEWEST_PICTURES:
        return DEFAULT
    order = np.argsort(-probabilities, kind="stable")
    ranked = probabilities[order]
    hits, called = np.cumsum(present[order]), np.arange(1, len(ranked) + 1)
    lower = np.append(ranked[1:], 0.0)
    scores = np.where(lower < ranked, 2 * hits / (called + positives), -1.0)  # not between equal ones
    middles = (ranked + lower) / 2
    best = np.flatnonzero(scores >= scores.max() - 1e-12)
    nearest = best[np.argmin(np.abs(middles[best] - DEFAULT))]
    return float(np.clip(middles[nearest], 1e-6, 1 - 1e-6))
