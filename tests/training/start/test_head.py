"""Choice of blocks and penalty, results of cross-validation, and few or unusual pictures."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import softmax
from sklearn.linear_model import LogisticRegression

from convscope.errors import SettingError
from convscope.model.evaluation import wilson_interval
from convscope.training.start.head import DEFAULT_PENALTY, PENALTIES, Head, fit_head

BLOCKS = {"first": slice(0, 20), "middle": slice(20, 50), "last": slice(50, 100)}


def pictures(labels: np.ndarray, told_by: str = "last", seed: int = 0) -> np.ndarray:
    """Draw features in which one block separates the classes and the others are noise."""
    random = np.random.default_rng(seed)
    features = random.normal(size=(len(labels), 100))
    width = BLOCKS[told_by].stop - BLOCKS[told_by].start
    features[:, BLOCKS[told_by]] += random.normal(size=(labels.max() + 1, width))[labels]
    return (3 * features + 1).astype(np.float32)


def columns(head: Head) -> np.ndarray:
    return np.concatenate([np.arange(100)[BLOCKS[name]] for name in head.blocks])


def predictions(head: Head, features: np.ndarray) -> np.ndarray:
    return (features[:, columns(head)] @ head.weights.T + head.bias).argmax(axis=1)


def test_the_block_that_tells_the_classes_is_chosen() -> None:
    labels = np.arange(200) % 4
    assert fit_head(pictures(labels), BLOCKS, labels, 4).blocks == ("last",)
    assert fit_head(pictures(labels, "first"), BLOCKS, labels, 4).blocks == tuple(BLOCKS)


def test_the_head_is_the_regression_of_scikit_learn_on_scaled_features() -> None:
    labels = np.arange(90) % 3
    features = pictures(labels)
    head = fit_head(features, BLOCKS, labels, 3)
    scaled = [
        (block - block.mean(axis=0)) / block.std(axis=0).__pow__(2).mean() ** 0.5
        for block in (features[:, BLOCKS[name]].astype(np.float64) for name in head.blocks)
    ]
    theirs = LogisticRegression(C=1 / head.penalty, tol=1e-8, max_iter=10_000)
    expected = theirs.fit(np.concatenate(scaled, axis=1), labels).predict_proba(
        np.concatenate(scaled, axis=1)
    )
    logits = features[:, columns(head)] @ head.weights.T + head.bias
    np.testing.assert_allclose(softmax(logits, axis=1), expected, atol=2e-3)


def test_out_of_fold_logits_are_of_models_that_did_not_see_the_picture() -> None:
    labels = np.random.default_rng(1).integers(0, 2, 100)  # no signal, but much to memorise
    features = np.random.default_rng(2).normal(size=(100, 100)).astype(np.float32)
    head = fit_head(features, BLOCKS, labels, 2)
    assert head.accuracy is not None
    assert head.accuracy.low < 0.5 < head.accuracy.high


def test_copies_stay_in_one_fold_and_count_once() -> None:
    groups = np.repeat(np.arange(20), 5)
    labels = np.random.default_rng(3).integers(0, 2, 20)[groups]
    features = np.random.default_rng(4).normal(size=(20, 100)).astype(np.float32)[groups]
    known = fit_head(features, BLOCKS, labels, 2).accuracy
    honest = fit_head(features, BLOCKS, labels, 2, groups=groups).accuracy
    assert known is not None
    assert honest is not None
    assert known.fraction == 1  # memorised: each picture was trained on through its copies
    assert honest.fraction < 0.8
    assert (honest.low, honest.high) == wilson_interval(honest.correct // 5, 20)


@pytest.mark.slow
def test_more_than_a_thousand_pictures_are_all_predicted_out_of_fold() -> None:
    labels = np.arange(1500) % 3
    features = pictures(labels)
    head = fit_head(features, BLOCKS, labels, 3)
    assert head.out_of_fold is not None
    assert head.accuracy is not None
    assert head.out_of_fold.shape == (1500, 3)
    assert head.out_of_fold.any(axis=1).all()
    assert head.accuracy.correct == (head.out_of_fold.argmax(axis=1) == labels).sum()
    assert head.accuracy.fraction > 0.95


def test_the_same_seed_gives_the_same_head() -> None:
    labels = np.arange(60) % 3
    features = pictures(labels)
    one, two = (fit_head(features, BLOCKS, labels, 3, seed=5) for _ in range(2))
    assert one.weights.tobytes() == two.weights.tobytes()


@pytest.mark.parametrize("each", [2, 3])
def test_two_pictures_of_each_class_are_enough(each: int) -> None:
    labels = np.repeat(np.arange(3), each)
    head = fit_head(pictures(labels), BLOCKS, labels, 3)
    assert head.out_of_fold is not None
    assert head.accuracy is not None
    assert head.accuracy.low < 0.75  # little evidence
    assert (predictions(head, pictures(labels)) == labels).all()


def test_one_picture_of_each_class_is_learned_but_not_measured() -> None:
    labels = np.arange(3)
    head = fit_head(pictures(labels), BLOCKS, labels, 3)
    assert head.accuracy is None
    assert head.out_of_fold is None
    assert head.penalty == DEFAULT_PENALTY
    assert (predictions(head, pictures(labels)) == labels).all()


def test_a_class_of_one_group_is_learned_though_it_is_never_recognised_out_of_fold() -> None:
    labels = np.array([0] * 20 + [1] * 20 + [2] * 3)
    groups = np.array([*range(40), 40, 40, 40])
    features = pictures(labels)
    head = fit_head(features, BLOCKS, labels, 3, groups=groups)
    assert head.out_of_fold is not None
    assert not (head.out_of_fold[40:].argmax(axis=1) == 2).any()
    assert (predictions(head, features)[40:] == 2).all()


def test_rare_classes_count_more_by_their_weight() -> None:
    labels = np.array([0] * 95 + [1] * 5)
    features = np.random.default_rng(0).normal(size=(100, 100)).astype(np.float32)
    features[labels == 1] += 0.1
    plain = fit_head(features, BLOCKS, labels, 2, class_weights=(1.0, 1.0))
    weighted = fit_head(features, BLOCKS, labels, 2)
    fresh = np.random.default_rng(1).normal(size=(500, 100)).astype(np.float32)
    assert (predictions(weighted, fresh) == 1).mean() > (predictions(plain, fresh) == 1).mean()


def test_constant_and_identical_features_are_no_obstacle() -> None:
    labels = np.arange(20) % 2
    features = np.ones((20, 100), np.float32)
    head = fit_head(features, BLOCKS, labels, 2)
    assert np.isfinite(head.weights).all()
    np.testing.assert_allclose(features[:1, columns(head)] @ head.weights.T + head.bias, 0, atol=1e-3)


def test_many_classes() -> None:
    labels = np.arange(200) % 100
    head = fit_head(pictures(labels), BLOCKS, labels, 100)
    assert head.weights.shape[0] == 100
    assert head.penalty in PENALTIES


def test_one_class_cannot_be_learned() -> None:
    with pytest.raises(SettingError, match="all pictures are of one class"):
        fit_head(np.ones((4, 100), np.float32), BLOCKS, np.zeros(4, np.int64), 2)
