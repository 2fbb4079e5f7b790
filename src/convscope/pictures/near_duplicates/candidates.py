"""Find candidates for copies: for each picture, the few with the most similar descriptors.

All pairs are compared, block by block, by matrix products. Memory grows linearly with the number of pictures,
time quadratically (`benchmarks/doctor.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from convscope.pictures.near_duplicates.descriptors import Descriptors

MOST = 8
"""Number of candidates per picture."""
LEAST_ALIKE = 0.75

_ROWS, _COLUMNS = 512, 4096


def candidates(descriptors: Descriptors) -> tuple[NDArray[np.int32], NDArray[np.int8]]:
    """Find for each picture the others with the most similar descriptors, at least `LEAST_ALIKE`.

    Returns:
        (n, MOST) int32, the candidates of each picture, the most similar first, -1 where there are fewer; and
        (n, MOST) int8, the index into `Descriptors.versions` of each.
    """
    count = len(descriptors.whole)
    partners = np.full((count, MOST), -1, np.int32)
    versions = np.zeros((count, MOST), np.int8)
    for top in range(0, count, _ROWS):
        rows = slice(top, top + _ROWS)
        best = _Best(len(partners[rows]))
        for version, others in enumerate(descriptors.versions()):
            for left in range(0, count, _COLUMNS):
                alike = descriptors.whole[rows] @ others[left : left + _COLUMNS].T
                own = np.arange(max(top, left), min(top + len(alike), left + alike.shape[1]))
                alike[own - top, own - left] = -1
                best.add(alike, left, version)
        partners[rows], versions[rows] = best.partners, best.versions
    return partners, versions


class _Best:
    """The most similar pictures of some rows.

    Attributes:
        values: (rows, MOST) float32, descending in each row.
        partners: (rows, MOST) int32, the pictures; -1 where there are fewer.
        versions: (rows, MOST) int8, their versions.
    """

    def __init__(self, rows: int) -> None:
        self.values = np.full((rows, MOST), LEAST_ALIKE, np.float32)
        self.partners = np.full((rows, MOST), -1, np.int32)
        self.versions = np.zeros((rows, MOST), np.int8)

    def add(self, alike: NDArray[np.float32], left: int, version: int) -> None:
        """Add better candidates; of several versions of a picture, the best one is kept.

        Args:
            alike: (rows, columns).
            left: Index of the picture in the first column.
            version: The version of the pictures in the columns.
        """
        better = np.flatnonzero(alike.max(axis=1) > self.values[:, -1])  # takes nearly all of the time
        places, columns = np.nonzero(alike[better] > self.values[better, -1:])
        if not len(places):
            return
        old_rows, old_ranks = np.nonzero(self.partners[better] >= 0)
        rows = np.concatenate([better[old_rows], better[places]])
        old = better[old_rows], old_ranks
        partners = np.concatenate([self.partners[old], (left + columns).astype(np.int32)])
        values = np.concatenate([self.values[old], alike[better[places], columns]])
        versions = np.concatenate([self.versions[old], np.full(len(places), version, np.int8)])
        order = np.lexsort((-values, partners, rows))
        order = order[_is_first(rows[order], partners[order])]
        order = order[np.lexsort((-values[order], rows[order]))]
        starts = np.flatnonzero(_is_first(rows[order]))
        lengths = np.diff(np.append(starts, len(order)))
        ranks = np.arange(len(order)) - np.repeat(starts, lengths)
        kept = order[ranks < MOST]
        target = rows[kept], ranks[ranks < MOST]
        self.values[target], self.partners[target] = values[kept], partners[kept]
        self.versions[target] = versions[kept]


def _is_first(*keys: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Whether each of some sorted values differs from the previous one."""
    differs = np.ones(len(keys[0]), np.bool_)
    differs[1:] = np.any([key[1:] != key[:-1] for key in keys], axis=0)
    return differs
