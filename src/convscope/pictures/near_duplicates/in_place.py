"""Pairs of pictures that are nearly equal in place, pixel by pixel, or as mirror images.

The distance of two pictures is their mean squared difference, relative to that of uncorrelated pictures with
the same contrasts and equal means:

    unlike = mean (first - second)^2 / (variance of first + variance of second)

over the grey thumbnail and the colours of its sixteenths together. Nothing is fitted, so that agreement is
meaningful for simple drawings, too: squares at random positions rarely have a distance below 0.02.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from convscope.pictures.near_duplicates.candidates import candidates
from convscope.pictures.near_duplicates.descriptors import describe
from convscope.pictures.near_duplicates.joining import Pairs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from convscope.pictures.near_duplicates.looks import Looks

MOST_UNLIKE = 0.02
"""JPEG of quality 30 to 90 changes drawings of 32x32 by 0.002 to 0.02, photos by 0.0001."""
STANDING_APART = 9.0
"""All other pictures must be more distant than a copy by this factor: three times as far."""
_LARGEST_CLUSTER = 4 * MOST_UNLIKE
"""Largest distance to a cluster's first picture: a chain of small steps is not a cluster of copies."""
_LEAST_VARIANCE = 1.0
"""Smallest contrast of two pictures: with less, they have a single colour, and nothing to compare."""
_BLOCK = 4096


def in_place_pairs(looks: Looks) -> Pairs:
    """Find pairs of pictures that are nearly equal in place, and unlike all others.

    Args:
        looks: Looks of n pictures.

    Example:
        >>> from convscope.pictures.near_duplicates.looks import Looks
        >>> looks = Looks.of(4)
        >>> noise = np.random.default_rng(0).integers(0, 256, (4, 32, 32), np.uint8)
        >>> noise[3] = noise[1, :, ::-1]
        >>> for index, picture in enumerate(noise):
        ...     looks.fill(index, picture)
        >>> found = in_place_pairs(looks)
        >>> {tuple(sorted(pair)) for pair in found.indices.tolist()}, found.mirrored.all()
        ({(1, 3)}, np.True_)
    """
    count = len(looks.thumbnails)
    compared, unlike = _compared(looks, np.arange(count))
    close = unlike <= MOST_UNLIKE
    pairs, how_unlike = compared[close], unlike[close]
    if not len(pairs.indices):
        return pairs
    leader = pairs.leaders(count)
    around = _around(looks, leader, compared.indices, unlike)
    kept = (how_unlike * STANDING_APART <= around[pairs.indices[:, 0]]) & ~_has_far_members(looks, leader)[
        pairs.indices[:, 0]
    ]
    return pairs[kept]


def _compared(looks: Looks, members: NDArray[np.int64]) -> tuple[Pairs, NDArray[np.float32]]:
    """Compare some pictures with their candidates among them; return the pairs and their distances."""
    own = looks[members]
    partners, versions = candidates(describe(own.thumbnails))
    rows, ranks = np.nonzero(partners >= 0)
    pairs = Pairs(
        np.stack([rows, partners[rows, ranks]], axis=1).astype(np.int64), versions[rows, ranks] >= 2
    )
    unlike = _unlike(own, pairs)
    return Pairs(members[pairs.indices], pairs.mirrored), unlike


def _around(
    looks: Looks, leader: NDArray[np.int64], pairs: NDArray[np.int64], unlike: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return, for each picture, the distance of its cluster to the nearest picture outside."""
    around = np.full(len(leader), np.inf, np.float32)
    _lower(around, leader[pairs], unlike)
    is_lost = np.isinf(around[leader])
    if is_lost.any():  # all candidates are copies
        others, how_unlike = _compared(looks, np.unique(leader))
        _lower(around, others.indices, how_unlike)
    return around[leader]


def _lower(around: NDArray[np.float32], pairs: NDArray[np.int64], unlike: NDArray[np.float32]) -> None:
    apart = pairs[:, 0] != pairs[:, 1]
    for side in pairs[apart].T:
        np.minimum.at(around, side, unlike[apart])


def _has_far_members(looks: Looks, leader: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether a picture is in a cluster with members that are far from its first one."""
    members = np.flatnonzero(leader != np.arange(len(leader)))
    pairs = np.stack([leader[members], members], axis=1)
    unlike = np.minimum(*(_unlike(looks, Pairs(pairs, np.full(len(pairs), side))) for side in (False, True)))
    far = np.zeros(len(leader), np.bool_)
    far[leader[members[unlike > _LARGEST_CLUSTER]]] = True
    return far[leader]


def _unlike(looks: Looks, pairs: Pairs) -> NDArray[np.float32]:
    out = np.empty(len(pairs.indices), np.float32)
    for start in range(0, len(out), _BLOCK):
        block = slice(start, start + _BLOCK)
        mirrored = pairs.mirrored[block]
        difference, variance = np.float32(0), np.float32(0)
        for all_values in (looks.thumbnails, looks.colours):
            one, two = (all_values[side].astype(np.float32) for side in pairs.indices[block].T)
            two[mirrored] = two[mirrored, :, ::-1]
            every = tuple(range(1, one.ndim))
            difference = difference + ((one - two) ** 2).mean(axis=every)
            variance = variance + one.var(axis=(1, 2)).reshape(len(one), -1).mean(axis=1)
            variance = variance + two.var(axis=(1, 2)).reshape(len(two), -1).mean(axis=1)
        out[block] = np.where(
            variance < _LEAST_VARIANCE, 1, difference / np.maximum(variance, _LEAST_VARIANCE)
        )
    return out
