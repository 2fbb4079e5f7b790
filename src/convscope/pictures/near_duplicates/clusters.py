"""Clusters of equal and nearly equal pictures."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from convscope.pictures.near_duplicates.pairs import near_pairs, of_one_content

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from convscope.pictures.near_duplicates.joining import Group
    from convscope.pictures.near_duplicates.looks import Looks


def equal_pictures(digests: NDArray[np.uint8], indices: Iterable[int]) -> tuple[Group, ...]:
    """Group pictures that are equal byte by byte.

    Example:
        >>> equal_pictures(np.array([[7], [8], [7], [9]], np.uint8), range(4))
        ((0, 2),)
    """
    looked_at = np.fromiter(indices, np.int64)
    values = np.ascontiguousarray(digests[looked_at]).view(f"V{digests.shape[1]}").ravel()
    _, value_of, counts = np.unique(values, return_inverse=True, return_counts=True)
    repeated = counts[value_of] > 1  # usually few, so that millions of pictures need little memory
    members: dict[int, list[int]] = defaultdict(list)
    for value, index in zip(value_of[repeated].tolist(), looked_at[repeated].tolist(), strict=True):
        members[value].append(index)
    return tuple(map(tuple, members.values()))


def near_duplicates(
    looks: Looks, digests: NDArray[np.uint8], labels: NDArray[np.integer], indices: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Find pairs of pictures that are nearly equal, but not mirrored or of other colours under two labels.

    Of identical files, only the first is compared with others.

    Args:
        looks: Looks of all pictures.
        digests: (n, 16) digests of all pictures.
        labels: (n,) labels of all pictures.
        indices: Indices of the pictures to compare, ascending.

    Returns:
        (pairs, 2) indices.
    """
    _, firsts = np.unique(digests[indices], axis=0, return_index=True)
    compared = indices[np.sort(firsts)]
    pairs = near_pairs(looks[compared])
    return compared[of_one_content(pairs, looks[compared], labels[compared]).indices]
