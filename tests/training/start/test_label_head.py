import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier

from convscope.training.start.label_head import fit_label_head, label_folds
from convscope.training.start.logistic import Coefficients, find_spectrum, fit_label_logistic


def drawn(count=240, features=12, seed=0):
    random = np.random.default_rng(seed)
    values = random.normal(size=(count, features)).astype(np.float32) * np.geomspace(10, 0.3, features)
    weights = random.normal(size=(features, 3)) / np.geomspace(10, 0.3, features)[:, np.newaxis]
    truth = values @ weights + random.normal(size=(count, 3)) > [0.0, 1.5, 2.5]
    return values.astype(np.float32), truth


@pytest.mark.parametrize("penalty", [100.0, 3.0])
def test_each_label_is_scikit_learns_logistic_regression(penalty):
    values, truth = drawn()
    values -= values.mean(axis=0)
    start = Coefficients(np.zeros((12, 3), np.float32), np.zeros(3, np.float32))
    found = fit_label_logistic(
        values, truth, penalty, start=start, spectrum=find_spectrum(values), tolerance=1e-6
    )
    one_vs_rest = OneVsRestClassifier(LogisticRegression(C=1 / penalty, tol=1e-8, max_iter=10_000))
    expected = one_vs_rest.fit(values, truth.astype(int)).predict_proba(values)
    np.testing.assert_allclose(1 / (1 + np.exp(-found.logits(values))), expected, atol=2e-3)


def test_each_label_has_the_penalty_that_costs_it_least():
    values, truth = drawn()
    head = fit_label_head(values, {"last": slice(0, 12)}, truth, groups=np.arange(len(values)))
    assert head.out_of_fold.shape == truth.shape
    logits = values @ head.weights.T + head.bias
    share = ((logits > 0) == truth).mean()
    held_out = ((head.out_of_fold > 0) == truth).mean()
    assert share >= held_out > 0.75
    assert len(head.penalties) == 3


def test_a_label_of_one_picture_and_one_of_none_are_no_error():
    values, truth = drawn(60)
    truth = np.column_stack([truth[:, 0], np.arange(60) == 7, np.zeros(60, bool)])
    head = fit_label_head(values, {"last": slice(0, 12)}, truth, groups=np.arange(60))
    assert np.isfinite(head.weights).all()
    assert np.isfinite(head.bias).all()
    assert (head.out_of_fold[:, 2] < 0).all()


def test_folds_hold_out_every_picture_once_groups_together_and_labels_evenly():
    _, truth = drawn(500)
    groups = np.arange(500) // 2
    folds = label_folds(truth, groups, seed=1)
    assert len(folds) == 5
    assert sorted(np.concatenate([held_out for _, held_out in folds]).tolist()) == list(range(500))
    for learned, held_out in folds:
        assert not set(groups[learned]) & set(groups[held_out])
        np.testing.assert_allclose(truth[held_out].sum(axis=0) / truth.sum(axis=0), 0.2, atol=0.06)
