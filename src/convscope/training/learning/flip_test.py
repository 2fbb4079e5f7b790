"""The flip test: does a picture that is flipped left to right still show its class?

A flipped cat is a cat; a flipped 2 is no digit, and a flipped sign "keep left" is the sign "keep right". So
the network itself is tested: it is first trained without flips, and once it knows the classes better than by
chance, it predicts pictures both ways. If it recognises the flipped ones about as well, flips become part of
the augmentation; if a class is not recognised any more, pictures are never flipped.

It was trained on the unflipped pictures and has memorised some of them, so that it recognises the
flipped ones less well even where flips are harmless. A class counts as lost only if that is more than chance
among so few pictures could explain.
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
_STANDARD_ERRORS = 2
"""What a class keeps must be below its share by this many standard errors."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether to flip pictures (None: too early to say), and why, as one sentence."""

    flip: bool | None
    reason: str


def flips_are_harmless(
    truth: NDArray[np.bool_],
    predicted: NDArray[np.bool_],
    predicted_flipped: NDArray[np.bool_],
    classes: tuple[str, ...],
) -> Verdict:
    """Compare predictions for pictures with those for the flipped pictures.

    Args:
        truth: (n, classes) which classes or labels each picture has.
        predicted: (n, classes) which are predicted.
        predicted_flipped: (n, classes) which are predicted for the flipped pictures.
        classes: The names.

    Example:
        >>> truth = np.eye(2, dtype=bool).repeat(10, axis=0)
        >>> flips_are_harmless(truth, truth, ~truth, ("keep left", "keep right")).flip
        False
        >>> flips_are_harmless(truth, truth, truth, ("cat", "dog")).flip
        True
        >>> flips_are_harmless(truth, truth[:1].repeat(20, axis=0), truth, ("cat", "dog")).flip is None
        True
    """
    counted = truth.sum(axis=0) >= _FEWEST_PICTURES
    (known, error), (kept, error_flipped) = (
        _informedness(truth, one) for one in (predicted, predicted_flipped)
    )
    if not counted.any() or known[counted].min() < _KNOWN:
        return Verdict(flip=None, reason="too early to say whether flips are harmless")
    right, right_flipped = ((one == truth).all(axis=1).mean() for one in (predicted, predicted_flipped))
    shares = f"{right:.1%} are recognised, {right_flipped:.1%} of the flipped ones".replace("%", " %")
    missing = _KEPT_FRACTION * known - kept
    lost = counted & (missing > _STANDARD_ERRORS * np.hypot(_KEPT_FRACTION * error, error_flipped))
    if lost.any():
        worst = int(np.argmin(np.where(lost, kept - known, np.inf)))
        return Verdict(flip=False, reason=f"no flips: {shares}; {classes[worst]!r} suffers most")
    return Verdict(flip=True, reason=f"pictures are flipped from now on: {shares}")


def _informedness(
    truth: NDArray[np.bool_], predicted: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return for each class how much better than chance it is recognised, and the standard error of that.

    Informedness is recall less the false positive rate: unlike recall alone, it is 0 for a class that is
    predicted for every picture. Source: W. J. Youden, "Index for rating diagnostic tests", 1950.
    """
    own = np.maximum(truth.sum(axis=0), 1)
    others = np.maximum(len(truth) - truth.sum(axis=0), 1)
    recall, false_alarms = (truth & predicted).sum(axis=0) / own, (~truth & predicted).sum(axis=0) / others
    variance = recall * (1 - recall) / own + false_alarms * (1 - false_alarms) / others
    return recall - false_alarms, np.sqrt(variance)
