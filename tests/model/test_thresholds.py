import numpy as np
import pytest
from sklearn.metrics import f1_score, precision_recall_curve

from convscope.model.thresholds import DEFAULT, fit_thresholds


def drawn(seed, share=0.1, count=500):
    random = np.random.default_rng(seed)
    truth = random.random(count) < share
    logits = random.normal(size=count) + 1.5 * truth - 2
    return 1 / (1 + np.exp(-logits)), truth


@pytest.mark.parametrize("seed", range(5))
def test_no_threshold_has_a_higher_f1(seed):
    probabilities, truth = drawn(seed)
    (threshold,) = fit_thresholds(probabilities[:, np.newaxis], truth[:, np.newaxis])
    precision, recall, _ = precision_recall_curve(truth, probabilities)
    best = (2 * precision * recall / np.maximum(precision + recall, 1e-12)).max()
    assert f1_score(truth, probabilities >= threshold) == pytest.approx(best)


def test_a_label_with_few_pictures_keeps_one_half():
    probabilities, truth = drawn(0, count=500)
    few = truth & (np.cumsum(truth) <= 9)
    both = np.stack([few, ~few], axis=1)
    assert fit_thresholds(np.stack([probabilities] * 2, axis=1), both) == (DEFAULT, DEFAULT)


def test_a_threshold_is_between_two_probabilities():
    probabilities = np.repeat([0.1, 0.2, 0.9], 20)
    (threshold,) = fit_thresholds(probabilities[:, np.newaxis], (probabilities > 0.15)[:, np.newaxis])
    assert threshold == pytest.approx(0.15)
