"""A colour baseline, which shows whether a trial from scratch has a chance against pretrained features.

From few photos, a network from scratch learns little more than which colours are where. A logistic regression
on the mean colours of an 8 x 8 grid takes a tenth of a second and shows how much that is worth. If it is far
worse than pretrained features, no trial is needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from convscope.common.percent import percent
from convscope.training.start.head import fit_head

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from convscope.pictures.store import Store
    from convscope.training.start.gain import Gain
    from convscope.training.start.learning import LearnedHead

_CELLS = 8
_SHARE = 2 / 3


def baseline_is_right(
    store: Store, indices: NDArray[np.int64], learned: LearnedHead, seed: int
) -> NDArray[np.bool_]:
    """Return (n,) whether the cross-validated baseline predicts the true class of each picture.

    Args:
        store: The pictures.
        indices: (n,) of the training pictures.
        learned: The head on pretrained features, for labels and groups.
        seed: Seed of the folds.

    Raises:
        ValueError: No picture can be held out, because each class has only one.
    """
    colours = mean_colours(store.pictures[indices])
    blocks = {"colours": slice(0, colours.shape[1])}
    head = fit_head(colours, blocks, learned.labels, len(store.classes), groups=learned.groups, seed=seed)
    if head.out_of_fold is None:
        raise ValueError("no picture could be held out")
    return head.out_of_fold.argmax(axis=1) == learned.labels


def mean_colours(pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the mean colours of an 8 x 8 grid on pictures (n, height, width, channels), one row per picture.

    Rows and columns of pixels left over at the end are ignored.

    Example:
        >>> left_dark = np.repeat(np.array([10, 90], np.uint8), 8)[None, None, :, None]
        >>> mean_colours(np.repeat(left_dark, 16, axis=1)).reshape(8, 8)[0].tolist()
        [10.0, 10.0, 10.0, 10.0, 90.0, 90.0, 90.0, 90.0]
    """
    count, height, width, channels = pictures.shape
    high, wide = height // _CELLS, width // _CELLS
    whole = pictures[:, : high * _CELLS, : wide * _CELLS]
    cells = whole.reshape(count, _CELLS, high, _CELLS, wide, channels)
    return cells.mean(axis=(2, 4), dtype=np.float32).reshape(count, -1)


def baseline_is_far_worse(gain: Gain, labels: NDArray[np.int64]) -> bool:
    """Whether the colour baseline is far worse than pretrained features.

    It is if the difference in accuracy is clear, and the baseline's accuracy beyond chance is less than two
    thirds of that of the features. Chance is the accuracy of always predicting the most frequent class.

    Args:
        gain: The features (first) and the baseline (second) on the same pictures.
        labels: (pictures,) their classes.

    Example:
        Half of the pictures are of each class, and the features classify 90 of 100 correctly. The baseline
        would need more than 50 + 2/3 * 40 = 76:

        >>> from convscope.training.start.gain import Gain
        >>> labels, first = np.repeat([0, 1], 50), np.arange(100) < 90
        >>> [baseline_is_far_worse(Gain(first, np.arange(100) < count), labels) for count in (60, 76, 77)]
        [True, True, False]
    """
    first, second = gain.fractions
    by_chance = np.bincount(labels).max() / len(labels)
    far_behind = second - by_chance < _SHARE * (first - by_chance)
    return gain.difference < 0 and gain.is_clear and bool(far_behind)


def no_trial_sentence(gain: Gain) -> str:
    """Return the note that replaces a trial's result."""
    learned, colours = map(percent, gain.fractions)
    return (
        f"of {len(gain.before):,} pictures, pretrained features recognise {learned}, "
        f"colours alone {colours}: no training from scratch on so few photos"
    )
