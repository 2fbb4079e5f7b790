"""The flip test: does a picture flipped left to right still show its class?

A flipped cat is a cat; a flipped 2 is not a digit, and a flipped sign "keep left" is the sign "keep right".
So the network itself is tested: it is first trained without flips, and once it predicts the classes better
than chance, it predicts pictures in both orientations. If its predictions for the flipped ones are about as
good, flips become part of the augmentation; if a class is lost, pictures are never flipped.

The network was trained on the unflipped pictures and has memorised some of them, so that flipped pictures are
predicted less well even if flips are harmless. A class only counts as lost if the decrease is larger than
chance could explain for so few pictures.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from convscope.common.percent import percent

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_PICTURES = 4_000
"""Number of pictures predicted in both orientations, evenly spread over the training set."""
_KNOWN = 0.25
"""Informedness from which on a class counts as learned."""
_KEPT_FRACTION = 0.5
"""Share of its informedness that a class must retain when flipped."""
_FEWEST_PICTURES = 5
"""Classes with fewer pictures are ignored."""
_STANDARD_ERRORS = 2
"""A class is lost if it is below that share by this many standard errors."""


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
        truth: (n, classes) whether each picture has each class or label.
        predicted: (n, classes) whether each is predicted.
        predicted_flipped: (n, classes) whether each is predicted for the flipped pictures.
        classes: The class names.

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
    shares = f"{percent(right)} are recognised, {percent(right_flipped)} of the flipped ones"
    missing = _KEPT_FRACTION * known - kept
    lost = counted & (missing > _STANDARD_ERRORS * np.hypot(_KEPT_FRACTION * error, error_flipped))
    if lost.any():
        worst = int(np.argmin(np.where(lost, kept - known, np.inf)))
        return Verdict(flip=False, reason=f"no flips: {shares}; {classes[worst]!r} suffers most")
    return Verdict(flip=True, reason=f"pictures are flipped from now on: {shares}")


def _informedness(
    truth: NDArray[np.bool_], predicted: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the informedness of each class (skill beyond chance), and its standard error.

    Informedness is recall minus the false positive rate: unlike recall alone, it is 0 for a class that is
    predicted for every picture. Source: W. J. Youden, "Index for rating diagnostic tests", 1950.
    """
    own = np.maximum(truth.sum(axis=0), 1)
    others = np.maximum(len(truth) - truth.sum(axis=0), 1)
    recall, false_alarms = (truth & predicted).sum(axis=0) / own, (~truth & predicted).sum(axis=0) / others
    variance = recall * (1 - recall) / own + false_alarms * (1 - false_alarms) / others
    return recall - false_alarms, np.sqrt(variance)
