"""Virtual-logit matching as defined in its paper, and its threshold."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import logsumexp

from convscope.model.virtual_logit import fit


def by_the_paper(train, weight, bias, kept, features):
    """ViM as defined by its authors, with the directions outside instead of those inside."""
    origin = -np.linalg.pinv(weight) @ bias
    _, vectors = np.linalg.eigh((train - origin).T @ (train - origin))
    outside = vectors[:, : train.shape[1] - kept]
    length = np.linalg.norm((train - origin) @ outside, axis=1)
    # the paper's largest logits are positive; otherwise, distance must not raise the score
    scale = max(0, (train @ weight.T + bias).max(axis=1).mean() / length.mean())
    residual = np.linalg.norm((features - origin) @ outside, axis=1)
    return logsumexp(features @ weight.T + bias, axis=1) - scale * residual


@settings(max_examples=30)
@given(st.integers(4, 12), st.integers(2, 5), st.integers(0, 1_000))
def test_the_fit_is_that_of_the_paper(inputs, classes, seed):
    random = np.random.default_rng(seed)
    train, validation = (np.abs(random.normal(size=(count, inputs))) for count in (60, 40))
    weight, bias = random.normal(size=(classes, inputs)), random.normal(size=classes) + 3
    rule = fit(train, validation, weight, bias)
    result = rule.score(validation, validation @ weight.T + bias)
    expected = by_the_paper(train, weight, bias, inputs // 2, validation)
    np.testing.assert_allclose(result, expected, rtol=1e-4, atol=1e-3)
    assert (result < rule.threshold - 1e-9).sum() == 1  # the second smallest of 40: 0.05 (40 + 1)


def test_new_pictures_of_known_classes_are_refused_as_seldom_as_was_asked():
    random = np.random.default_rng(0)
    weight, bias = random.normal(size=(3, 8)), np.full(3, 4.0)
    shares = []
    for _ in range(200):
        train, validation, new = (np.abs(random.normal(size=(count, 8))) for count in (50, 99, 200))
        rule = fit(train, validation, weight, bias)
        shares.append((rule.score(new, new @ weight.T + bias) < rule.threshold).mean())
    assert np.mean(shares) == pytest.approx(0.05, abs=4 * np.std(shares) / np.sqrt(200))


@pytest.mark.parametrize(("train", "validation", "inputs"), [(50, 18, 8), (1, 50, 8), (50, 50, 1), (0, 0, 8)])
def test_of_too_few_nothing_is_concluded(train, validation, inputs):
    weight, bias = np.ones((2, inputs)), np.zeros(2)
    assert fit(np.ones((train, inputs)), np.ones((validation, inputs)), weight, bias) is None


def test_features_that_are_all_alike_leave_the_energy():
    weight, bias = np.array([[1.0, 0, 0], [0, 1, 0]]), np.array([1.0, 2])
    alike = np.broadcast_to(-np.linalg.pinv(weight) @ bias, (40, 3))
    rule = fit(alike, alike, weight, bias)
    result = rule.score(np.random.default_rng(0).normal(size=(5, 3)), np.zeros((5, 2)))
    np.testing.assert_allclose(result, np.log(2))
