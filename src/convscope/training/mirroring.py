"""Finds out whether a mirrored picture still shows its class.

A mirrored cat is a cat; a mirrored 2 is no digit, and a mirrored sign "keep left" is the sign "keep right". No list of
data sets can know. So the network itself is asked: it first learns without mirrored pictures, and once it knows the
classes better than by chance it is shown pictures both ways. Where mirroring is harmless it recognises them about as
well; where a class is no longer taken for what it is, pictures are never mirrored.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MOST_PICTURES = 4_000
"""So many pictures, evenly spread, are looked at both ways."""
_KNOWN_FRACTION = 0.5
"""A class counts as known when more than this share of it, chance taken off, is recognised the right way round."""
_KEPT_FRACTION = 0.5
"""Of the recognition above chance a class must keep this share when mirrored."""
_FEWEST_PICTURES = 5
"""A class with fewer pictures says nothing."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether to mirror (None: too early to say), and why, as one sentence."""

    mirror: bool | None
    reason: str


def judge(
    labels: NDArray[np.int64],
    predicted: NDArray[np.int64],
    predicted_mirrored: NDArray[np.int64],
    classes: tuple[str, ...],
) -> Verdict:
    """Compare what is recognised as it is with what is recognised mirrored.

    Args:
        labels: (n,) true classes.
        predicted: (n,) classes predicted for the pictures as they are.
        predicted_mirrored: (n,) classes predicted for the pictures mirrored.
        classes: The names.

    Example:
        >>> truth = np.repeat([0, 1], 10)
        >>> judge(truth, truth, 1 - truth, ("keep left", "keep right")).mirror
        False
        >>> judge(truth, truth, truth, ("cat", "dog")).mirror
        True
        >>> judge(truth, np.zeros(20, int), truth, ("cat", "dog")).mirror is None
        True
    """
    chance = 1 / len(classes)
    right, right_mirrored = predicted == labels, predicted_mirrored == labels
    counts = np.bincount(labels, minlength=len(classes))
    known = (np.bincount(labels, right, len(classes)) / np.maximum(counts, 1) - chance) / (1 - chance)
    kept = (np.bincount(labels, right_mirrored, len(classes)) / np.maximum(counts, 1) - chance) / (1 - chance)
    telling = (counts >= _FEWEST_PICTURES) & (known > _KNOWN_FRACTION)
    if telling.sum() < 0.5 * (counts >= _FEWEST_PICTURES).sum() or not telling.any():
        return Verdict(None, "too little is recognised yet to say whether mirroring is harmless")
    lost = telling & (kept < _KEPT_FRACTION * known)
    shares = f"{right.mean():.1%} of them are recognised as they are, {right_mirrored.mean():.1%} mirrored"
    if lost.any():
        worst = int(np.argmin(np.where(lost, kept - known, np.inf)))
        return Verdict(False, f"pictures are not mirrored: {shares}; {classes[worst]!r} suffers most")
    return Verdict(True, f"pictures are mirrored from now on: {shares}")
