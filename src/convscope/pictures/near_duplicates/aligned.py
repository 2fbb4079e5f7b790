"""Pairs of pictures that are nearly equal once they are aligned: cropped, moved, brighter or darker.

Whatever can be moved and stretched finds a partner among simple drawings: every square is like every other.
Three rules keep such pairs out:

- Both pictures have details all over, which fix the frame; an object on a plain ground does not.
- Copies stand apart. A picture that others are half as like as its copy is one of a continuum.
- Few pictures are alike. Where a large share of all pairs would be copies, the set has few shapes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from convscope.pictures.near_duplicates.alignment import detailed_share, likenesses
from convscope.pictures.near_duplicates.candidates import candidates
from convscope.pictures.near_duplicates.descriptors import describe
from convscope.pictures.near_duplicates.joining import Pairs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

MOST_UNLIKE = 0.12
"""How unlike copies may be, in units of how unlike pictures of this set usually are."""
_LEAST_USUAL = 0.3
_USUAL = 5
"""A picture's sixth candidate says what is usual: the five before it may be copies."""
_TIGHT = (0.02, 0.04, 0.08)
"""How unlike the members of a cluster may be to its first one, tried in this order."""
_LEAST_DETAILED, _LEAST_AMONG_DRAWINGS = 0.5, 0.8
"""The share of a picture that has details: 0.35 in drawings on a plain ground, 0.9 in photos, in the middle.
Where most pictures of a set have less than the first, the second is asked for: a large square has 0.6.
"""
_BETWEEN = 0.3, 0.5
"""Neither copies nor strangers are so unlike: of photos, few pairs; of drawings, most."""
_MOST_BETWEEN = 1
"""How many such candidates a picture may have."""
_LARGE, _MOST_PAIRS = 8, 0.2
"""The members of a cluster that is looked at for the third rule, and the share of all pairs."""


def aligned_pairs(thumbnails: NDArray[np.uint8]) -> Pairs:
    """Find pairs of pictures that show the same, slightly moved, cropped or mirrored.

    A cluster may have any number of members: where so many candidates of a picture are copies that they say
    nothing about what is usual, tight clusters are reduced to their first members, which are compared again.

    Args:
        thumbnails: (n, side, side), none in place of another (`in_place.py`).
    """
    detailed = detailed_share(thumbnails)
    are_drawings = np.median(detailed) < _LEAST_DETAILED
    members = np.flatnonzero(detailed >= (_LEAST_AMONG_DRAWINGS if are_drawings else _LEAST_DETAILED))
    if len(members) < 2:
        return Pairs.none()
    first = search = _Search(thumbnails, members)
    found = [search.copies()]
    joins: list[tuple[float, Pairs]] = []
    for tight in _TIGHT:
        while search.is_saturated(tight):
            joined_now = search.joins(tight)
            joins.append((tight, joined_now))
            search = _Search(thumbnails, np.setdiff1d(search.members, joined_now.indices[:, 1]))
    if joins:
        found.append(search.copies())
        found += _standing_apart(joins, search, len(thumbnails))
    return _credible(Pairs.chained(found), first, len(thumbnails))


def _credible(found: Pairs, search: _Search, count: int) -> Pairs:
    """Leave out pairs that strangers could make as well, as the rules above say."""
    leader = found.leaders(count)
    pairs, unlike = search.compared()
    between = (unlike > _BETWEEN[0]) & (unlike < _BETWEEN[1]) & (leader[pairs[:, 0]] != leader[pairs[:, 1]])
    crowd = np.bincount(pairs[between].ravel(), minlength=count)
    stands_apart = crowd <= 2 * _MOST_BETWEEN  # a pair is compared from both sides
    kept = found[stands_apart[found.indices[:, 0]] & stands_apart[found.indices[:, 1]]]
    sizes = np.bincount(kept.leaders(count)[search.members])
    alike = (sizes * (sizes - 1.0)).sum() / (len(search.members) * (len(search.members) - 1))
    has_few_shapes = sizes.max() > _LARGE and alike > _MOST_PAIRS
    return Pairs.none() if has_few_shapes or between.sum() > len(found.indices) else kept


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

    def compared(self) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return the pairs that were compared, and how unlike they are."""
        return self.members[self._pairs], self._unlike

    def copies(self) -> Pairs:
        """Return the pairs that are far more alike than what is usual around both."""
        alike = self._unlike <= MOST_UNLIKE * self.usual[self._pairs].min(axis=1)
        return Pairs(self.members[self._pairs[alike]], self._mirrored[alike])

    def is_saturated(self, tight: float) -> bool:
        """Whether a picture's first six candidates are all within `tight` of it."""
        return bool((self._around <= tight).any())

    def joins(self, tight: float) -> Pairs:
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
        return Pairs(self.members[pairs[kept]], mirrored[kept])


def _standing_apart(joins: Sequence[tuple[float, Pairs]], last: _Search, count: int) -> list[Pairs]:
    """Keep the joins into clusters that stand far apart from everything else.

    Digits of one kind are a continuum: the neighbours of a cluster are as close as its members.
    """
    usual = np.zeros(count, np.float32)
    usual[last.members] = last.usual
    kept: list[Pairs] = []
    for tight, found in reversed(joins):  # the last are among first members that nothing was joined to
        usual[found.indices[:, 1]] = usual[found.indices[:, 0]]
        kept.append(found[usual[found.indices[:, 0]] >= tight / MOST_UNLIKE])
    return kept
