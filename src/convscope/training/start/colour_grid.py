"""A baseline from mean colours alone, which shows whether a trial from scratch has a chance.

From few photos, a network from scratch learns little more than which colours are where. A logistic regression
on the mean colours of 8 x 8 places shows in a tenth of a second how much that is. If pretrained features tell
far more, no trial is needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from convscope.training.start.head import fit_head

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from convscope.pictures.store import Store
    from convscope.training.start.gain import Gain
    from convscope.training.start.learning import LearnedHead

_PLACES = 8
_SHARE = 2 / 3


def colours_tell(
    store: Store, indices: NDArray[np.int64], learned: LearnedHead, seed: int
) -> NDArray[np.bool_]:
    """Return (n,) whether a regression on mean colours that has not seen the picture recognises it.

    Args:
        store: The pictures.
        indices: (n,) of those that were learned from.
        learned: The head on pretrained features, for labels and groups.
        seed: Of the folds.

    Raises:
        ValueError: Each class has one picture only.
    """
    colours = mean_colours(store.pictures[indices])
    blocks = {"colours": slice(0, colours.shape[1])}
    head = fit_head(colours, blocks, learned.labels, len(store.classes), groups=learned.groups, seed=seed)
    if head.out_of_fold is None:
        raise ValueError("no picture could be held out")
    return head.out_of_fold.argmax(axis=1) == learned.labels


def mean_colours(pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the mean colours of 8 x 8 places of pictures (n, height, width, channels), one row a picture.

    Rows and columns that are left over at the end do not count.

    Example:
        >>> left_dark = np.repeat(np.array([10, 90], np.uint8), 8)[None, None, :, None]
        >>> mean_colours(np.repeat(left_dark, 16, axis=1)).reshape(8, 8)[0].tolist()
        [10.0, 10.0, 10.0, 10.0, 90.0, 90.0, 90.0, 90.0]
    """
    count, height, width, channels = pictures.shape
    high, wide = height // _PLACES, width // _PLACES
    whole = pictures[:, : high * _PLACES, : wide * _PLACES]
    places = whole.reshape(count, _PLACES, high, _PLACES, wide, channels)
    return places.mean(axis=(2, 4), dtype=np.float32).reshape(count, -1)


def tell_far_less(gain: Gain, labels: NDArray[np.int64]) -> bool:
    """Whether the second way recognises far less than the first one.

    It does if that is clear, and if it recognises less than two thirds of what the first one does, beyond
    what naming the most frequent class would.

    Args:
        gain: Both ways on the same pictures.
        labels: (pictures,) their classes.

    Example:
        Half of the pictures are of each class, and the first way recognises 90 of 100. The second would have
        to recognise more than 50 + 2/3 * 40 = 76:

        >>> from convscope.training.start.gain import Gain
        >>> labels, first = np.repeat([0, 1], 50), np.arange(100) < 90
        >>> [tell_far_less(Gain(first, np.arange(100) < count), labels) for count in (60, 76, 77)]
        [True, True, False]
    """
    first, second = gain.fractions
    by_chance = np.bincount(labels).max() / len(labels)
    far_behind = second - by_chance < _SHARE * (first - by_chance)
    return gain.difference < 0 and gain.is_clear and bool(far_behind)


def without_trial(gain: Gain) -> str:
    """Say what was found instead of a trial, for people."""
    learned, colours = (f"{100 * share:.1f} %" for share in gain.fractions)
    return (
        f"of {len(gain.before):,} pictures, pretrained features recognise {learned}, "
        f"colours alone {colours}: no training from scratch on so few photos"
    )
