"""The flip test: does a picture that is flipped left to right still show its class?

A flipped cat is a cat; a flipped 2 is no digit, and a flipped sign "keep left" is the sign "keep right". So
the network itself is tested: it is first trained without flips, and once it knows the classes better than by
chance, it predicts pictures both ways. If it recognises the flipped ones about as well, flips become part of
the augmentation; if a class is not recognised any more, pictures are never flipped.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_PICTURES = 4_000
"""Predicted both ways, evenly spread over the training set."""
_KNOWN = 0.25
"""Informedness from which on a class counts as known."""
_KEPT_FRACTION = 0.5
"""Share of its informedness that a class must keep when flipped."""
_FEWEST_PICTURES = 5
"""Classes with fewer pictures are left out."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether to flip pictures (None: too early to say), and why, as one sentence."""

    flip: bool | None
    reason: str


def flips_are_harmless(
    labels: NDArray[np.int64],
    predicted: NDArray[np.int64],
    predicted_flipped: NDArray[np.int64],
    classes: tuple[str, ...],
) -> Verdict:
    """Compare predictions for pictures with those for the flipped pictures.

    Args:
        labels: (n,) true classes.
        predicted: (n,) predicted classes.
        predicted_flipped: (n,) predicted classes of the flipped pictures.
        classes: The names.

    Example:
        >>> truth = np.repeat([0, 1], 10)
        >>> flips_are_harmless(truth, truth, 1 - truth, ("keep left", "keep right")).flip
        False
        >>> flips_are_harmless(truth, truth, truth, ("cat", "dog")).flip
        True
        >>> flips_are_harmless(truth, np.zeros(20, int), truth, ("cat", "dog")).flip is None
        True
    """
    counts = np.bincount(labels, minlength=len(classes))
    counted = counts >= _FEWEST_PICTURES
    known = _informedness(labels, predicted, len(classes))
    kept = _informedness(labels, predicted_flipped, len(classes))
    if not counted.any() or known[counted].min() < _KNOWN:
        return Verdict(flip=None, reason="too early to say whether flips are harmless")
    right, right_flipped = (predicted == labels).mean(), (predicted_flipped == labels).mean()
    shares = f"{right:.1%} are recognised, {right_flipped:.1%} of the flipped ones".replace("%", " %")
    lost = counted & (kept < _KEPT_FRACTION * known)
    if lost.any():
        worst = int(np.argmin(np.where(lost, kept - known, np.inf)))
        return Verdict(flip=False, reason=f"no flips: {shares}; {classes[worst]!r} suffers most")
    return Verdict(flip=True, reason=f"pictures are flipped from now on: {shares}")


def _informedness(
    labels: NDArray[np.int64], predicted: NDArray[np.int64], classes: int
) -> NDArray[np.float64]:
    """Return for each class how much better than chance it is recognised.

    Informedness is recall less the false positive rate: unlike recall alone, it is 0 for a class that is
    predicted for every picture. Source: W. J. Youden, "Index for rating diagnostic tests", 1950.
    """
    own = np.bincount(labels, minlength=classes)
    hits = np.bincount(labels[predicted == labels], minlength=classes)
    others_hits = np.bincount(predicted[predicted != labels], minlength=classes)
    return hits / np.maximum(own, 1) - others_hits / np.maximum(len(labels) - own, 1)
