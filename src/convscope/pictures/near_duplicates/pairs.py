"""Pairs of pictures that are nearly equal: resized, recompressed, mirrored, slightly cropped or moved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from convscope.pictures.near_duplicates.alignment import likenesses
from convscope.pictures.near_duplicates.candidates import candidates
from convscope.pictures.near_duplicates.descriptors import describe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from convscope.pictures.near_duplicates.looks import Looks

MOST_UNLIKE = 0.12
"""How unlike copies may be, in units of how unlike pictures of this set usually are."""
_LEAST_USUAL = 0.3
_USUAL = 5
"""A picture's sixth candidate says what is usual: the five before it may be copies."""
_TIGHT = (0.02, 0.04, 0.08)
"""How unlike the members of a cluster may be to its first one, tried in this order."""
_SAME_BRIGHTNESS = 20
"""How far the brightness of copies may differ in the mean, of 255."""
_SAME_COLOUR, _FAINT = 0.5, 30.0
"""How far the colours of copies may differ, as a share of how strong they are; noise is fainter than this."""


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Pairs of pictures that are nearly equal.

    Attributes:
        indices: (pairs, 2) int64.
        mirrored: (pairs,) whether one has to be mirrored to be like the other.
    """

    indices: NDArray[np.int64]
    mirrored: NDArray[np.bool_]

    def of_one_content(self, looks: Looks, labels: NDArray[np.integer]) -> NDArray[np.int64]:
        """Leave out pairs under two labels that may differ for a reason: mirrored, or of other colours.

        Arrows to the left and to the right, or the same drawing in red and in green, are no contradiction.

        Args:
            looks: Of all pictures.
            labels: Of all pictures.

        Returns:
            (pairs, 2) the others.
        """
        same = labels[self.indices[:, 0]] == labels[self.indices[:, 1]]
        colours = looks.colours[self.indices]
        return self.indices[same | ~(self.mirrored | _differ_in_colour(colours[:, 0], colours[:, 1]))]


def near_pairs(thumbnails: NDArray[np.uint8]) -> Pairs:
    """Find pairs of pictures that are nearly equal.

    A cluster may have any number of members: where so many candidates of a picture are copies that they say
    nothing about what is usual, tight clusters are reduced to their first members, which are compared again.

    Args:
        thumbnails: (n, side, side), none equal to another byte by byte.
    """
    if len(thumbnails) < 2:
        return Pairs(np.zeros((0, 2), np.int64), np.zeros(0, np.bool_))
    search = _Search(thumbnails, np.arange(len(thumbnails)))
    found = [search.copies()]
    joins: list[tuple[float, _Found]] = []
    for tight in _TIGHT:
        while search.is_saturated(tight):
            joined_now = search.joins(tight)
            joins.append((tight, joined_now))
            search = _Search(thumbnails, np.setdiff1d(search.members, joined_now.pairs[:, 1]))
    if joins:
        found.append(search.copies())
        found += _standing_apart(joins, search, len(thumbnails))
    pairs, mirrored = (
        np.concatenate(parts) for parts in zip(*((one.pairs, one.mirrored) for one in found), strict=True)
    )
    return Pairs(pairs, mirrored)


def _differ_in_colour(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Whether pictures, (n, 4, 4, 3) each, differ in brightness or in colour by more than copies do.

    Of the colour counts how far red and blue are from green, in all sixteenths together.
    """
    one, two = first.astype(np.float32), second.astype(np.float32)
    brightness = np.abs(one.mean(axis=(1, 2, 3)) - two.mean(axis=(1, 2, 3)))
    chroma = [colours[..., ::2] - colours[..., 1:2] for colours in (one, two)]
    strength = np.maximum(_length(chroma[0]), _length(chroma[1]))
    distance = _length(chroma[0] - chroma[1])
    return (brightness > _SAME_BRIGHTNESS) | (distance > _SAME_COLOUR * np.maximum(strength, _FAINT))


def _length(values: NDArray[np.floating]) -> NDArray[np.floating]:
    return np.sqrt((values**2).sum(axis=(1, 2, 3)))


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    pairs: NDArray[np.int64]
    mirrored: NDArray[np.bool_]

    def __getitem__(self, kept: NDArray[np.bool_]) -> _Found:
        return _Found(self.pairs[kept], self.mirrored[kept])


class _Search:
    """Some pictures, each compared with its candidates among them.

    Attributes:
        members: (n,) which pictures.
        usual: (n,) how unlike the pictures around each one are.
    """

    def __init__(self, thumbnails: NDArray[np.uint8], members: NDArray[np.int64]) -> None:
        self.members = members
        own = thumbnails[members]
        partners, versions = candidates(describe(own))
        rows, ranks = np.nonzero(partners >= 0)
        pairs = np.stack([rows, partners[rows, ranks]], axis=1).astype(np.int32)
        self._mirrored = versions[rows, ranks] >= 2
        unlike = np.ones(partners.shape, np.float32)
        unlike[rows, ranks] -= likenesses(own, pairs, self._mirrored)
        self._pairs, self._unlike = pairs, unlike[rows, ranks]
        self._around = np.sort(unlike, axis=1)[:, _USUAL]
        # strangers are unlike by 1 among photos, by far less among digits of one kind
        self.usual = np.maximum(self._around, _LEAST_USUAL * np.median(self._around))

    def copies(self) -> _Found:
        """Return the pairs that are far more alike than what is usual around both."""
        alike = self._unlike <= MOST_UNLIKE * self.usual[self._pairs].min(axis=1)
        return _Found(self.members[self._pairs[alike]], self._mirrored[alike])

    def is_saturated(self, tight: float) -> bool:
        """Whether a picture's first six candidates are all within `tight` of it."""
        return bool((self._around <= tight).any())

    def joins(self, tight: float) -> _Found:
        """Assign pictures to the first one within `tight`, which is not assigned itself."""
        close = self._unlike <= tight
        pairs, mirrored = np.sort(self._pairs[close], axis=1), self._mirrored[close]
        order = np.lexsort((pairs[:, 1], pairs[:, 0]))
        assigned = np.zeros(len(self.members), np.bool_)
        kept = np.zeros(len(pairs), np.bool_)
        for place in order.tolist():
            first, second = pairs[place].tolist()
            if not assigned[first] and not assigned[second]:
                assigned[second] = kept[place] = True
        return _Found(self.members[pairs[kept]], mirrored[kept])


def _standing_apart(joins: Sequence[tuple[float, _Found]], last: _Search, count: int) -> list[_Found]:
    """Keep the joins into clusters that stand far apart from everything else.

    Digits of one kind are a continuum: the neighbours of a cluster are as close as its members.
    """
    usual = np.zeros(count, np.float32)
    usual[last.members] = last.usual
    kept: list[_Found] = []
    for tight, found in reversed(joins):  # the last are among first members that nothing was joined to
        usual[found.pairs[:, 1]] = usual[found.pairs[:, 0]]
        kept.append(found[usual[found.pairs[:, 0]] >= tight / MOST_UNLIKE])
    return kept
