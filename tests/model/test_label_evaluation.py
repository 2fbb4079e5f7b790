import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from convscope.errors import DataError
from convscope.model.label_evaluation import average_precision, evaluate_labels

NAMES = ("a", "b", "c", "never")


def drawn(seed, count=200):
    random = np.random.default_rng(seed)
    shares = random.random((count, 4)).round(2)  # with ties
    truth = random.random((count, 4)) < np.append(shares[:, :3], np.zeros((count, 1)), axis=1)
    return shares, truth


@pytest.mark.parametrize("seed", range(3))
def test_every_figure_is_scikit_learns(seed):
    shares, truth = drawn(seed)
    thresholds = (0.5, 0.3, 0.7, 0.5)
    figures = evaluate_labels(shares, truth, NAMES, thresholds)
    predicted = shares >= thresholds
    by_label = metrics.precision_recall_fscore_support(truth, predicted, zero_division=np.nan)
    for k, one in enumerate(figures.classes[:3]):
        found = (one.precision_fraction, one.recall_fraction, one.f1_fraction, one.pictures)
        assert found == pytest.approx([column[k] for column in by_label])
        assert one.average_precision == pytest.approx(
            metrics.average_precision_score(truth[:, k], shares[:, k])
        )
        assert one.roc_auc == pytest.approx(metrics.roc_auc_score(truth[:, k], shares[:, k]))
    together = metrics.precision_recall_fscore_support(truth, predicted, average="micro")[:3]
    micro = figures.precision_fraction, figures.recall_fraction, figures.f1_fraction
    assert micro == pytest.approx(together)
    assert figures.accuracy_fraction == pytest.approx(metrics.accuracy_score(truth, predicted))
    expected = metrics.average_precision_score(truth[:, :3], shares[:, :3], average="macro")
    assert figures.mean_average_precision == pytest.approx(expected)
    inside = np.clip(shares, 1e-300, 1)
    losses = [metrics.log_loss(truth[:, k], inside[:, k], labels=[False, True]) for k in range(4)]
    if not ((shares == 0) & truth).any() and not ((shares == 1) & ~truth).any():
        assert figures.cross_entropy == pytest.approx(sum(losses))


def test_a_label_that_never_occurs_has_no_figures_and_is_json():
    figures = evaluate_labels(*drawn(0), NAMES, (0.5,) * 4)
    never = figures.classes[3]
    assert (never.recall_fraction, never.average_precision, never.roc_auc) == (None, None, None)
    assert json.loads(json.dumps(figures.to_dict(), allow_nan=False))["classes"][3]["name"] == "never"


@given(st.lists(st.tuples(st.integers(0, 9), st.booleans()), min_size=1, max_size=40))
def test_average_precision_is_scikit_learns_for_any_ranking(pairs):
    scores, positive = map(np.array, zip(*pairs, strict=True))
    found = average_precision(scores, positive)
    if positive.any():
        assert found == pytest.approx(metrics.average_precision_score(positive, scores))
    else:
        assert found is None


def test_no_pictures_are_refused():
    with pytest.raises(DataError, match="no pictures"):
        evaluate_labels(np.zeros((0, 2)), np.zeros((0, 2)), ("a", "b"), (0.5, 0.5))
