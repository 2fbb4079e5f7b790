"""Folds for cross-validation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import StratifiedGroupKFold

from convscope.training.start.folds import stratified_folds


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 30)), min_size=2, max_size=60), st.integers(2, 6))
def test_every_picture_is_held_out_once_and_no_group_is_torn(
    pictures: list[tuple[int, int]], count: int
) -> None:
    labels, groups = np.array(pictures).T
    folds = stratified_folds(labels, groups, count, seed=0)
    held = np.concatenate([held_out for _, held_out in folds]) if folds else np.array([], int)
    if len(np.unique(groups)) > 1:
        assert sorted(held.tolist()) == [*range(len(pictures))]
    for learned, held_out in folds:
        assert sorted([*learned, *held_out]) == [*range(len(pictures))]
        assert not np.intersect1d(groups[learned], groups[held_out]).size


@pytest.mark.parametrize("seed", range(5))
def test_each_fold_holds_out_its_share_of_every_class(seed: int) -> None:
    labels = np.repeat([0, 1, 2], [50, 23, 7])
    counts = np.array(
        [
            np.bincount(labels[held_out], minlength=3)
            for _, held_out in stratified_folds(labels, np.arange(80), 5, seed)
        ]
    )
    assert (counts.max(axis=0) - counts.min(axis=0) <= 1).all()
    assert np.ptp(counts.sum(axis=1)) <= 1


def test_the_seed_decides_which() -> None:
    labels, alone = np.repeat([0, 1], 20), np.arange(40)
    first, same, other = (stratified_folds(labels, alone, 5, seed)[0][1] for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, same)
    assert first.tolist() != other.tolist()


def test_groups_of_many_copies_are_spread() -> None:
    groups = np.repeat(np.arange(12), 10)
    folds = stratified_folds(np.zeros(120, int), groups, 4, seed=0)
    assert [len(held_out) for _, held_out in folds] == [30] * 4


@pytest.mark.parametrize("seed", range(5))
def test_classes_are_spread_about_as_evenly_as_by_scikit_learn(seed: int) -> None:
    random = np.random.default_rng(seed)
    groups = np.repeat(np.arange(60), random.integers(1, 12, 60))
    kinds = random.integers(0, 3, 60)
    labels = np.where(random.random(len(groups)) < 0.8, kinds[groups], random.integers(0, 3, len(groups)))

    def unevenness(folds: list[tuple[np.ndarray, np.ndarray]]) -> float:
        counts = [np.bincount(labels[held_out], minlength=3) for _, held_out in folds]
        return float(np.std(counts, axis=0).mean())

    theirs = StratifiedGroupKFold(5, shuffle=True, random_state=seed).split(labels, labels, groups)
    assert unevenness(stratified_folds(labels, groups, 5, seed)) < 1.5 * unevenness(list(theirs)) + 1
