"""Finds out whether a mirrored picture still shows its class.

A mirrored cat is a cat; a mirrored 2 is no digit, and a mirrored sign "keep left" is the sign "keep right".
No list of data sets can know. So the network itself is asked: it first learns without mirrored pictures, and
once it knows the classes better than by chance it is shown pictures both ways. Where mirroring is harmless it
recognises them about as well; where a class is no longer taken for what it is, pictures are never mirrored.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_PICTURES = 4_000
"""So many pictures, evenly spread, are looked at both ways."""
_KNOWN = 0.25
"""A class counts as known from this informedness on."""
_KEPT_FRACTION = 0.5
"""Of its informedness a class must keep this share when mirrored."""
_FEWEST_PICTURES = 5
"""A class with fewer pictures says nothing."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether to mirror (None: too early to say), and why, as one sentence."""

    flip: bool | None
    reason: str


def flips_are_harmless(
    labels: NDArray[np.int64],
    predicted: NDArray[np.int64],
    predicted_flipped: NDArray[np.int64],
    classes: tuple[str, ...],
) -> Verdict:
    """Compare what is recognised as it is with what is recognised mirrored.

    Args:
        labels: (n,) true classes.
        predicted: (n,) classes predicted for the pictures as they are.
        predicted_flipped: (n,) classes predicted for the pictures mirrored.
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
    telling = counts >= _FEWEST_PICTURES
    known = _informedness(labels, predicted, len(classes))
    kept = _informedness(labels, predicted_flipped, len(classes))
    if not telling.any() or known[telling].min() < _KNOWN:
        return Verdict(flip=None, reason="too little is recognised yet to say whether mirroring is harmless")
    right, right_flipped = (predicted == labels).mean(), (predicted_flipped == labels).mean()
    shares = f"{right:.1%} are recognised as they are, {right_flipped:.1%} mirrored".replace("%", " %")
    lost = telling & (kept < _KEPT_FRACTION * known)
    if lost.any():
        worst = int(np.argmin(np.where(lost, kept - known, np.inf)))
        return Verdict(
            flip=False, reason=f"pictures are not mirrored: {shares}; {classes[worst]!r} suffers most"
        )
    return Verdict(flip=True, reason=f"pictures are mirrored from now on: {shares}")


def _informedness(
    labels: NDArray[np.int64], predicted: NDArray[np.int64], classes: int
) -> NDArray[np.float64]:
    """Say for each class how much better than chance it is recognised.

    That is the share of its own pictures taken for it less the share of all others taken for it. Unlike the
    first share alone, it is 0 for a class that everything is taken for. Source: W. J. Youden, "Index for
    rating diagnostic tests", 1950.
    """
    own = np.bincount(labels, minlength=classes)
    hits = np.bincount(labels[predicted == labels], minlength=classes)
    others_hits = np.bincount(predicted[predicted != labels], minlength=classes)
    return hits / np.maximum(own, 1) - others_hits / np.maximum(len(labels) - own, 1)
