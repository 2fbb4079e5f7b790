"""Pairs of pictures that are nearly equal after alignment: cropped, shifted, brighter or darker.

With free shift and stretch, simple drawings have many matches: every square is like every other. Three rules
exclude such pairs:

- Both pictures have details everywhere, which fix the alignment; an object on a plain background does not.
- Copies stand out. If other pictures are half as similar as the supposed copy, they are a continuum.
- Copies are rare. If a large share of all pairs would be copies, the set consists of a few shapes.
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
"""Largest distance of copies, relative to the usual distance of pictures in the set."""
_LEAST_USUAL = 0.3
_USUAL = 5
"""A picture's sixth candidate gives the usual distance, because the first five may be copies."""
_TIGHT = (0.02, 0.04, 0.08)
"""Largest distance of cluster members to the first one; these values are tried in order."""
_LEAST_DETAILED, _LEAST_AMONG_DRAWINGS = 0.5, 0.8
"""Required share of a picture with details; medians are 0.35 in drawings on a plain ground, 0.9 in photos.
If most pictures of a set have less than the first value, the second one is required: a large square has 0.6.
"""
_BETWEEN = 0.3, 0.5
"""Range of distances between copies and unrelated pictures: few pairs of photos, most of drawings."""
_MOST_BETWEEN = 1
"""Largest number of such candidates of a picture."""
_LARGE, _MOST_PAIRS = 8, 0.2
"""Size of a cluster from which on the third rule is checked, and the share of all pairs."""


def aligned_pairs(thumbnails: NDArray[np.uint8]) -> Pairs:
    """Find pairs of pictures that show the same, slightly shifted, cropped or mirrored.

    A cluster may have any number of members: if so many candidates of a picture are copies that the usual
    distance is unknown, tight clusters are reduced to their first members, which are compared again.

    Args:
        thumbnails: (n, side, side), without copies that are equal in place (`in_place.py`).
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
    """Remove pairs that could be unrelated pictures, according to the rules above."""
    leader = found.leaders(count)
    pairs, unlike = search.compared()
    between = (unlike > _BETWEEN[0]) & (unlike < _BETWEEN[1]) & (leader[pairs[:, 0]] != leader[pairs[:, 1]])
    crowd = np.bincount(pairs[between].ravel(), minlength=count)
    stands_apart = crowd <= 2 * _MOST_BETWEEN  # each pair is compared in both directions
    kept = found[stands_apart[found.indices[:, 0]] & stands_apart[found.indices[:, 1]]]
    sizes = np.bincount(kept.leaders(count)[search.members])
    alike = (sizes * (sizes - 1.0)).sum() / (len(search.members) * (len(search.members) - 1))
    has_few_shapes = sizes.max() > _LARGE and alike > _MOST_PAIRS
    return Pairs.none() if has_few_shapes or between.sum() > len(found.indices) else kept


class _Search:
    """A subset of pictures, each compared with its candidates in the subset.

    Attributes:
        members: (n,) indices of the pictures.
        usual: (n,) the usual distance of each picture to its neighbours.
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
        # the distance of unrelated photos is 1, of digits of the same kind far less
        self.usual = np.maximum(self._around, _LEAST_USUAL * np.median(self._around))

    def compared(self) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return the compared pairs, and their distances."""
        return self.members[self._pairs], self._unlike

    def copies(self) -> Pairs:
        """Return the pairs that are far more similar than usual for both pictures."""
        alike = self._unlike <= MOST_UNLIKE * self.usual[self._pairs].min(axis=1)
        return Pairs(self.members[self._pairs[alike]], self._mirrored[alike])

    def is_saturated(self, tight: float) -> bool:
        """Whether a picture's first six candidates are all within `tight` of it."""
        return bool((self._around <= tight).any())

    def joins(self, tight: float) -> Pairs:
        """Assign pictures to the first unassigned one within `tight`."""
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
    """Keep the assignments to clusters that are far from all other pictures.

    Digits of one kind are a continuum: the neighbours of a cluster are as close as its members.
    """
    usual = np.zeros(count, np.float32)
    usual[last.members] = last.usual
    kept: list[Pairs] = []
    for tight, found in reversed(joins):  # the last ones include first members of empty clusters
        usual[found.indices[:, 1]] = usual[found.indices[:, 0]]
        kept.append(found[usual[found.indices[:, 0]] >= tight / MOST_UNLIKE])
    return kept
