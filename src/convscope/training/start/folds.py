"""Stratified folds for cross-validation: each holds out about the same number of pictures per class.

A group, such as a picture and its copies, stays in one fold. scikit-learn's `StratifiedGroupKFold` does the
same, but importing it takes longer than training a head on few pictures.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Fold = tuple["NDArray[np.int64]", "NDArray[np.int64]"]
"""Positions of the training pictures, and of the held-out pictures."""


def stratified_folds(
    labels: NDArray[np.int64], groups: NDArray[np.int64], count: int, seed: int
) -> list[Fold]:
    """Split pictures into folds.

    The groups of each class are assigned in random order, the largest first, each to the fold with the fewest
    pictures of that class, and among these to the one with the fewest pictures in total.

    Args:
        labels: (n,) classes of the pictures.
        groups: (n,) their groups. A group with several classes is assigned to the most frequent of them.
        count: Number of folds; folds that would hold out or train on no pictures are omitted.
        seed: Seed of the order.

    Example:
        >>> folds = stratified_folds(np.array([0, 0, 0, 1, 1, 1]), np.array([7, 7, 8, 5, 6, 4]), 2, seed=0)
        >>> [sorted(held_out.tolist()) for _, held_out in folds]
        [[0, 1, 5], [2, 3, 4]]
    """
    names, members, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    classes, kinds = np.unique(labels, return_inverse=True)
    table = np.zeros((len(names), len(classes)), np.int64)
    np.add.at(table, (members, kinds), 1)
    shuffled = np.random.default_rng(seed).permutation(len(names))
    held = np.zeros((count, len(classes)), np.int64)
    fold_of = np.empty(len(names), np.int64)
    for group in shuffled[np.argsort(-sizes[shuffled], kind="stable")].tolist():
        kind = table[group].argmax()
        fold = np.lexsort((held.sum(axis=1), held[:, kind]))[0]
        held[fold] += table[group]
        fold_of[group] = fold
    return each_held_out(fold_of[members])


def each_held_out(fold_of: NDArray[np.int64]) -> list[Fold]:
    """Return the folds of pictures with these numbers; one that would hold out nothing, or all, is left out.

    Example:
        >>> [(train.tolist(), held_out.tolist()) for train, held_out in each_held_out(np.array([0, 2, 0]))]
        [([1], [0, 2]), ([0, 2], [1])]
    """
    numbers = np.unique(fold_of)
    if len(numbers) < 2:
        return []
    return [(np.flatnonzero(fold_of != one), np.flatnonzero(fold_of == one)) for one in numbers]
