"""The logistic regression, compared with scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import softmax
from sklearn.linear_model import LogisticRegression

from convscope.training.start.logistic import Coefficients, find_spectrum, fit_logistic


def pictures(classes: int, count: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw badly conditioned features (by a factor of a hundred), and labels."""
    random = np.random.default_rng(classes)
    labels = np.arange(count) % classes
    means = random.normal(size=(classes, width))
    features = (means[labels] + 2 * random.normal(size=(count, width))) * np.geomspace(3, 0.03, width)
    return (features - features.mean(axis=0)).astype(np.float32), labels


def zeros(width: int, classes: int) -> Coefficients:
    return Coefficients(np.zeros((width, classes), np.float32), np.zeros(classes, np.float32))


def fitted(
    features: np.ndarray, labels: np.ndarray, penalty: float, weights: np.ndarray | None = None
) -> Coefficients:
    return fit_logistic(
        features,
        labels,
        np.ones(len(labels), np.float32) if weights is None else weights,
        penalty,
        start=zeros(features.shape[1], labels.max() + 1),
        spectrum=find_spectrum(features),
        tolerance=1e-4,
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("classes", "count", "width"), [(2, 60, 20), (3, 90, 200), (10, 300, 150), (60, 120, 40)]
)
@pytest.mark.parametrize("penalty", [0.3, 10.0, 300.0])
def test_probabilities_are_those_of_scikit_learn(
    classes: int, count: int, width: int, penalty: float
) -> None:
    features, labels = pictures(classes, count, width)
    theirs = LogisticRegression(C=(2 if classes == 2 else 1) / penalty, tol=1e-8, max_iter=10_000)
    theirs.fit(features.astype(np.float64), labels)
    ours = softmax(fitted(features, labels, penalty).logits(features), axis=1)
    np.testing.assert_allclose(ours, theirs.predict_proba(features), atol=2e-4)


def test_a_picture_that_counts_twice_counts_as_two() -> None:
    features, labels = pictures(3, 30, 5)
    weights = np.where(np.arange(30) < 10, 2, 1)
    twice = fitted(np.repeat(features, weights, axis=0), np.repeat(labels, weights), 1.0)
    weighted = fitted(features, labels, 1.0, weights.astype(np.float32))
    np.testing.assert_allclose(weighted.logits(features), twice.logits(features), atol=1e-3)


def test_a_start_elsewhere_ends_at_the_same_minimum() -> None:
    features, labels = pictures(4, 80, 30)
    spectrum, counted = find_spectrum(features), np.ones(80, np.float32)
    found = fitted(features, labels, 10.0)
    start = fitted(features, labels, 100.0)
    again = fit_logistic(features, labels, counted, 10.0, start=start, spectrum=spectrum, tolerance=1e-4)
    np.testing.assert_allclose(again.logits(features), found.logits(features), atol=1e-3)


def test_classes_without_pictures_are_improbable() -> None:
    features, labels = pictures(3, 30, 5)
    found = fit_logistic(
        features,
        labels,
        np.ones(30, np.float32),
        1.0,
        start=zeros(5, 4),
        spectrum=find_spectrum(features),
    )
    assert softmax(found.logits(features), axis=1)[:, 3].max() < 0.05


def test_pictures_that_are_all_alike_get_the_shares_of_the_classes() -> None:
    labels = np.array([0, 0, 0, 1])
    found = fitted(np.zeros((4, 6), np.float32), labels, 1.0)
    np.testing.assert_allclose(softmax(found.bias), [0.75, 0.25], atol=1e-3)
    assert not found.weight.any()
