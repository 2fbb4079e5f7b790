"""The cosine with the nearest training picture, and its threshold."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics.pairwise import cosine_similarity

from convscope.model.nearest import MAX_PICTURES, fit

BLOCKS = [slice(0, 30), slice(30, 40)]


def drawn(count: int, seed: int = 0) -> np.ndarray:
    random = np.random.default_rng(seed)
    return (np.abs(random.normal(size=(count, 40))) * np.repeat([5, 0.1], [30, 10])).astype(np.float32)


def digests(count: int) -> np.ndarray:
    """Return digests (count, 16) that contain the position of each picture."""
    return np.arange(count, dtype=">u8").repeat(2).view(np.uint8).reshape(count, 16)


def of_all(features: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return groups, digests and labels: each picture is its own group."""
    return np.arange(len(features)), digests(len(features)), np.arange(len(features)) % 2


def test_the_score_is_the_largest_cosine_with_blocks_scaled() -> None:
    known, new = drawn(60), drawn(20, seed=1)
    rule = fit(known, BLOCKS, *of_all(known))
    assert rule is not None
    sizes = [np.sqrt(known[:, block].var(axis=0).mean()) for block in BLOCKS]
    scale = np.repeat([1 / size for size in sizes], [30, 10])
    cosines = cosine_similarity(new * scale, known * scale)
    np.testing.assert_allclose(rule.score(new), cosines.max(axis=1), rtol=1e-5)
    np.testing.assert_array_equal(rule.cosines(new).argmax(axis=1), cosines.argmax(axis=1))
    np.testing.assert_allclose(rule.score(known), 1, rtol=1e-5)


def test_copies_are_not_compared_with_each_other() -> None:
    once = drawn(39)
    twice, groups = np.repeat(once, 2, axis=0), np.repeat(np.arange(39), 2)
    apart = fit(once, BLOCKS, *of_all(once))
    together = fit(twice, BLOCKS, groups, digests(78), np.arange(78) % 2)
    unknown = fit(twice, BLOCKS, *of_all(twice))
    assert apart is not None
    assert together is not None
    assert unknown is not None
    assert together.threshold == pytest.approx(apart.threshold, abs=1e-5)
    assert unknown.threshold > together.threshold


@pytest.mark.slow
@pytest.mark.parametrize("count", [60, 600])
def test_the_directions_are_those_of_the_singular_vectors(count: int) -> None:
    random = np.random.default_rng(0)
    known = (random.normal(size=(count, 300)) * np.geomspace(1, 1e-3, 300)).astype(np.float32)
    rule = fit(known, [slice(0, 300)], *of_all(known))
    assert rule is not None
    rows = known * rule.scale
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    vectors = np.linalg.svd(rows, full_matrices=False)[2][: rule.directions.shape[1]]
    identity = np.eye(rule.directions.shape[1])
    np.testing.assert_allclose(rule.directions.T @ rule.directions, identity, atol=1e-4)
    inside = np.linalg.norm(rows @ rule.directions)
    assert inside == pytest.approx(np.linalg.norm(rows @ vectors.T), rel=1e-4)


def test_new_pictures_of_known_classes_are_seldom_refused() -> None:
    shares = []
    for seed in range(40):
        known = drawn(99, seed)
        rule = fit(known, BLOCKS, *of_all(known))
        assert rule is not None
        shares.append((rule.score(drawn(100, seed + 1000)) < rule.threshold).mean())
    assert np.mean(shares) == pytest.approx(0.05, abs=0.02)


@pytest.mark.slow
def test_many_pictures_are_thinned_out_and_remember_which_they_are() -> None:
    known = drawn(MAX_PICTURES + 500)
    rule = fit(known, BLOCKS, *of_all(known))
    assert rule is not None
    assert len(rule.pictures) == len(rule.known) == MAX_PICTURES
    some = [0, 1_000, 1_999]
    positions = [int(rule.pictures[place], 16) for place in some]
    assert [rule.labels[place] for place in some] == [position % 2 for position in positions]
    assert rule.cosines(known[positions]).argmax(axis=1).tolist() == some
    assert [rule.similar(known[position])[0].digest for position in positions] == [
        rule.pictures[place] for place in some
    ]


def test_ten_pictures_of_two_classes_are_enough_and_fewer_say_nothing() -> None:
    features = drawn(20)
    assert fit(features, BLOCKS, *of_all(features)) is not None
    assert fit(features[:18], BLOCKS, *of_all(features[:18])) is None


def test_pictures_that_are_all_alike_make_a_rule() -> None:
    known = np.ones((30, 40), np.float32)
    rule = fit(known, BLOCKS, *of_all(known))
    assert rule is not None
    np.testing.assert_allclose(rule.score(known[:1]), 1, rtol=1e-5)
    assert rule.score(np.zeros((1, 40), np.float32)) == 0
