"""Pairs of pictures, and the groups that they form."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

Group = tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Pairs of pictures that are nearly equal.

    Attributes:
        indices: (pairs, 2) int64.
        mirrored: (pairs,) whether one is a mirror image of the other.
    """

    indices: NDArray[np.int64]
    mirrored: NDArray[np.bool_]

    @classmethod
    def none(cls) -> Self:
        """Return no pairs."""
        return cls(np.zeros((0, 2), np.int64), np.zeros(0, np.bool_))

    @classmethod
    def chained(cls, parts: Sequence[Self]) -> Self:
        """Concatenate pairs."""
        indices, mirrored = zip(*((part.indices, part.mirrored) for part in parts), strict=True)
        return cls(np.concatenate(indices), np.concatenate(mirrored))

    def __getitem__(self, kept: NDArray[np.bool_]) -> Self:
        return type(self)(self.indices[kept], self.mirrored[kept])

    def leaders(self, count: int) -> NDArray[np.int64]:
        """Return the first picture of the group of each of `count` pictures, see `leaders`."""
        return leaders(count, self.indices.tolist())


def leaders(count: int, groups: Iterable[Iterable[int]]) -> NDArray[np.int64]:
    """Merge groups and return the first picture of the group of each of `count` pictures; itself if alone.

    Example:
        >>> leaders(5, [(3, 1), (3, 4)]).tolist()
        [0, 1, 2, 1, 1]
    """
    firsts = np.arange(count)
    for group in joined(groups):
        firsts[list(group)] = group[0]
    return firsts


def joined(groups: Iterable[Iterable[int]]) -> tuple[Group, ...]:
    """Merge groups that have a picture in common.

    Example:
        >>> joined([(1, 2), (5, 6), (2, 9)])
        ((1, 2, 9), (5, 6))
    """
    leader: dict[int, int] = {}

    def lead(index: int) -> int:
        while leader.setdefault(index, index) != index:
            leader[index] = leader[leader[index]]
            index = leader[index]
        return index

    for first, *others in groups:
        for other in others:
            one, two = sorted((lead(first), lead(other)))
            leader[two] = one
    members: dict[int, list[int]] = defaultdict(list)
    for index in sorted(leader):
        members[lead(index)].append(index)
    return tuple(tuple(group) for group in members.values() if len(group) > 1)
