"""Find the pictures that may be copies of each other: for each, the few with the most similar descriptors.

All pictures are compared with all, block by block: a matrix product, and one pass that keeps the best of each
row. Memory grows with the number of pictures, time with its square (`benchmarks/doctor.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from convscope.common.compiled import njit
from convscope.network.kernels import CHUNKS
from convscope.network.threads import run

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from convscope.doctor.descriptors import Descriptors

MOST = 8
"""The number of candidates kept for each picture."""
LEAST_ALIKE = 0.75

_ROWS, _COLUMNS, _STRETCH = 512, 4096, 64

_compiled = njit(nogil=True, error_model="numpy", fastmath={"nnan", "nsz"})


@_compiled
def _insert(
    value: float,
    picture: int,
    version: int,
    best: NDArray[Any],
    partners: NDArray[Any],
    versions: NDArray[Any],
) -> None:
    """Insert a picture into the sorted best ones; of several versions of it, the best one stays."""
    place = len(best) - 1
    for k in range(len(best)):
        if partners[k] == picture:
            place = k
            break
    if value <= best[place]:
        return
    while place > 0 and best[place - 1] < value:
        best[place], partners[place], versions[place] = (
            best[place - 1],
            partners[place - 1],
            versions[place - 1],
        )
        place -= 1
    best[place], partners[place], versions[place] = value, picture, version


@_compiled
def keep_best(
    first: int,
    last: int,
    alike: NDArray[Any],
    row_start: int,
    column_start: int,
    version: int,
    best: NDArray[Any],
    partners: NDArray[Any],
    versions: NDArray[Any],
) -> None:
    """Keep the most similar pictures of each row; a kernel like those of `convscope.network.kernels`.

    Args:
        first: The first chunk.
        last: The chunk to stop before.
        alike: (rows, columns) float32.
        row_start: Index of the picture in the first row.
        column_start: Index of the picture in the first column.
        version: The version of the pictures in the columns.
        best: (n, MOST) float32, falling along a row, updated.
        partners: (n, MOST) int32, their indices, updated.
        versions: (n, MOST) int8, their versions, updated.
    """
    rows, columns = alike.shape
    for row in range(first * rows // CHUNKS, last * rows // CHUNKS):
        picture = row_start + row
        values = best[picture]
        for start in range(0, columns, _STRETCH):
            stretch = alike[row, start : start + _STRETCH]
            most = np.float32(-1)
            for value in stretch:  # nearly all of the work, so it must be vectorisable
                most = max(most, value)
            if most <= values[-1]:
                continue
            for place in range(len(stretch)):
                partner = column_start + start + place
                if stretch[place] > values[-1] and partner != picture:
                    _insert(stretch[place], partner, version, values, partners[picture], versions[picture])


def candidates(descriptors: Descriptors) -> tuple[NDArray[np.int32], NDArray[np.int8]]:
    """Find for each picture the others with the most similar descriptors, at least `LEAST_ALIKE`.

    Returns:
        (n, MOST) int32, the candidates of each picture, the most similar first, -1 where there are fewer; and
        (n, MOST) int8, the index into `Descriptors.versions` of each.
    """
    count = len(descriptors.whole)
    best = np.full((count, MOST), LEAST_ALIKE, np.float32)
    partners = np.full((count, MOST), -1, np.int32)
    versions = np.zeros((count, MOST), np.int8)
    room = np.empty((_ROWS, _COLUMNS), np.float32)
    for version, others in enumerate(descriptors.versions()):
        for left in range(0, count, _COLUMNS):
            columns = np.ascontiguousarray(others[left : left + _COLUMNS].T)
            for top in range(0, count, _ROWS):
                rows = descriptors.whole[top : top + _ROWS]
                alike = room[: len(rows), : columns.shape[1]]
                np.matmul(rows, columns, out=alike)
                run(keep_best, alike, top, left, version, best, partners, versions)
    return partners, versions
