"""Groups of pictures that are copies of each other, byte by byte or nearly."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from convscope.doctor.alignment import likenesses
from convscope.doctor.candidates import candidates
from convscope.doctor.descriptors import describe

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from convscope.doctor.examination import Examination

Group = tuple[int, ...]

MOST_UNLIKE = 0.12
"""How unlike copies may be, in units of how unlike pictures of this set usually are."""
_LEAST_USUAL = 0.3
_USUAL = 5
"""A picture's sixth candidate says what is usual: the five before it may be copies."""


def equal_pictures(digests: NDArray[np.uint8], places: Iterable[int]) -> tuple[Group, ...]:
    """Put pictures that are equal byte by byte into groups of two and more.

    Example:
        >>> equal_pictures(np.array([[7], [8], [7], [9]], np.uint8), range(4))
        ((0, 2),)
    """
    alike: dict[bytes, list[int]] = defaultdict(list)
    for place in places:
        alike[digests[place].tobytes()].append(place)
    return tuple(tuple(group) for group in alike.values() if len(group) > 1)


def near_pairs(seen: Examination) -> NDArray[np.int64]:
    """Find pairs of pictures that are nearly equal: resized, recompressed, mirrored, slightly cropped.

    Of pictures that are equal byte by byte, only the first is compared with others.

    Returns:
        (pairs, 2) places.
    """
    _, firsts = np.unique(seen.digests[seen.readable], axis=0, return_index=True)
    places = seen.readable[np.sort(firsts)]
    places = places[~seen.constant[places]]
    if len(places) < 2:
        return np.zeros((0, 2), np.int64)
    thumbnails = seen.thumbnails[places]
    partners, versions = candidates(describe(thumbnails))
    rows, ranks = np.nonzero(partners >= 0)
    pairs = np.stack([rows, partners[rows, ranks]], axis=1).astype(np.int32)
    unlike = np.ones(partners.shape, np.float32)
    unlike[rows, ranks] -= likenesses(thumbnails, pairs, versions[rows, ranks] >= 2)
    usual = _usually_unlike(unlike)
    return places[pairs[unlike[rows, ranks] <= MOST_UNLIKE * usual[pairs].min(axis=1)]]


def _usually_unlike(unlike: NDArray[np.float32]) -> NDArray[np.float32]:
    """How unlike the pictures around each one are: strangers of photos by 1, digits of one kind by far less.

    At least 0.3 of what is usual in the set, for those that have more copies than that.
    """
    around = np.sort(unlike, axis=1)[:, _USUAL]
    return np.maximum(around, _LEAST_USUAL * np.median(around))


def joined(groups: Iterable[Iterable[int]]) -> tuple[Group, ...]:
    """Join groups that have a picture in common.

    Example:
        >>> joined([(1, 2), (5, 6), (2, 9)])
        ((1, 2, 9), (5, 6))
    """
    leader: dict[int, int] = {}

    def lead(place: int) -> int:
        while leader.setdefault(place, place) != place:
            leader[place] = leader[leader[place]]
            place = leader[place]
        return place

    for first, *others in groups:
        for other in others:
            one, two = sorted((lead(first), lead(other)))
            leader[two] = one
    members: dict[int, list[int]] = defaultdict(list)
    for place in sorted(leader):
        members[lead(place)].append(place)
    return tuple(tuple(group) for group in members.values() if len(group) > 1)
