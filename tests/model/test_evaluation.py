import dataclasses
import json
import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import special, stats
from sklearn import metrics
from sklearn.calibration import calibration_curve

from convscope.errors import DataError
from convscope.model.calibration import untempered
from convscope.model.evaluation import (
    evaluate,
    evaluate_answers,
    grouped_interval,
    roc_auc,
    wilson_interval,
)
from convscope.model.file import Model
from convscope.model.predictor import Predictor
from convscope.model.virtual_logit import VirtualLogit
from convscope.steps import classification_error, cross_entropy, squared_error

MakeModel = Callable[..., Model]


@st.composite
def outcomes(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities (N, K) and labels (N,); not all classes need to occur."""
    count, classes = draw(st.integers(1, 30)), draw(st.integers(2, 5))
    logits = draw(hnp.arrays(np.float64, (count, classes), elements=st.floats(-8, 8)))
    labels = draw(hnp.arrays(np.int64, count, elements=st.integers(0, classes - 1)))
    powers = np.exp(logits)
    return powers / powers.sum(axis=1, keepdims=True), labels


def names(probabilities: np.ndarray) -> list[str]:
    return [f"class {n}" for n in range(probabilities.shape[1])]


@given(outcomes())
def test_counts_and_shares_are_those_of_scikit_learn(outcome: tuple[np.ndarray, np.ndarray]) -> None:
    probabilities, labels = outcome
    figures = evaluate(probabilities, labels, names(probabilities))
    predicted, every = probabilities.argmax(axis=1), range(probabilities.shape[1])
    assert figures.confusion == tuple(
        map(tuple, metrics.confusion_matrix(labels, predicted, labels=every).tolist())
    )
    assert figures.accuracy_fraction == metrics.accuracy_score(labels, predicted)
    theirs = metrics.precision_recall_fscore_support(labels, predicted, labels=every, zero_division=np.nan)
    ours = [(c.precision_fraction, c.recall_fraction, c.f1_fraction, c.pictures) for c in figures.classes]
    np.testing.assert_allclose(np.array(ours, float), np.transpose(theirs), rtol=1e-12)


@given(outcomes())
def test_losses_are_those_of_the_steps(outcome: tuple[np.ndarray, np.ndarray]) -> None:
    probabilities, labels = outcome
    figures = evaluate(probabilities, labels, names(probabilities))
    pairs = [(np.log(row), int(label)) for row, label in zip(probabilities, labels, strict=True)]
    compared = [
        (figures.cross_entropy, cross_entropy),
        (figures.squared_error, squared_error),
    ]
    ranked = np.sort(probabilities, axis=1)
    if (ranked[:, -1] - ranked[:, -2] > 1e-9).all():  # rounding decides between equals
        compared.append((figures.classification_error, classification_error))
    for ours, step in compared:
        assert math.isclose(
            ours, np.mean([step.forward(*pair) for pair in pairs]), rel_tol=1e-9, abs_tol=1e-12
        )


@given(outcomes())
def test_cross_entropy_is_the_log_loss_of_scikit_learn(outcome: tuple[np.ndarray, np.ndarray]) -> None:
    probabilities, labels = outcome
    theirs = metrics.log_loss(labels, probabilities, labels=range(probabilities.shape[1]))
    assert math.isclose(
        evaluate(probabilities, labels, names(probabilities)).cross_entropy, theirs, rel_tol=1e-9
    )


@given(outcomes())
def test_calibration_error_follows_from_the_calibration_curve(outcome: tuple[np.ndarray, np.ndarray]) -> None:
    probabilities, labels = outcome
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    accuracy, mean = calibration_curve(right, confidence, n_bins=15)
    edges = np.linspace(0, 1, 16)
    counts = np.bincount(np.searchsorted(edges[1:-1], confidence), minlength=15)
    expected = np.average(np.abs(accuracy - mean), weights=counts[counts > 0])
    ours = evaluate(probabilities, labels, names(probabilities)).calibration_error
    assert math.isclose(ours, expected, rel_tol=1e-9, abs_tol=1e-12)


@given(st.integers(1, 5000), st.data())
def test_the_interval_is_that_of_scipy(total: int, data: st.DataObject) -> None:
    correct = data.draw(st.integers(0, total))
    theirs = stats.binomtest(correct, total).proportion_ci(0.95, method="wilson")
    np.testing.assert_allclose(wilson_interval(correct, total), theirs, rtol=1e-9, atol=1e-12)


def test_the_two_networks_of_the_course() -> None:
    truth = [0, 1, 0]
    first = evaluate([[0.9, 0.1], [0.1, 0.9], [0.4, 0.6]], truth, ["dog", "cat"])
    second = evaluate([[0.6, 0.4], [0.3, 0.7], [0.1, 0.9]], truth, ["dog", "cat"])
    assert first.classification_error == second.classification_error == pytest.approx(1 / 3)
    assert (first.squared_error, second.squared_error) == pytest.approx((0.2533, 0.7067), abs=5e-5)
    assert (first.cross_entropy, second.cross_entropy) == pytest.approx((0.3757, 1.0567), abs=5e-5)


def test_a_class_without_pictures_has_no_recall_but_spoils_nothing() -> None:
    figures = evaluate([[0.6, 0.3, 0.1], [0.2, 0.7, 0.1]], [0, 1], ["a", "b", "c"])
    assert figures.accuracy_fraction == 1
    c = figures.classes[2]
    assert (c.pictures, c.precision_fraction, c.recall_fraction, c.f1_fraction) == (0, None, None, None)


def test_the_figures_are_json_even_where_a_probability_is_zero() -> None:
    figures = evaluate([[1.0, 0.0, 0.0], [1.0, 0.0, 0.0]], [1, 0], ["a", "b", "c"])
    text = json.dumps(figures.to_dict(), allow_nan=False)
    assert json.loads(text)["classes"][1]["name"] == "b"
    assert json.loads(text)["confusion"] == [[1, 0, 0], [1, 0, 0], [0, 0, 0]]
    assert 300 < figures.cross_entropy < 400


def test_no_pictures() -> None:
    with pytest.raises(DataError, match="no pictures"):
        evaluate(np.empty((0, 2)), [], ["a", "b"])


@given(outcomes(), st.floats(0.2, 5))
def test_the_temperature_can_be_taken_out(outcome: tuple[np.ndarray, np.ndarray], temperature: float) -> None:
    logits = np.log(outcome[0] + 1e-9)
    tempered = special.softmax(logits / temperature, axis=1)
    np.testing.assert_allclose(
        untempered(tempered, temperature), special.softmax(logits, axis=1), rtol=1e-6, atol=1e-12
    )


def test_answers_are_judged_with_and_without_the_temperature(make_model: MakeModel) -> None:
    rule = VirtualLogit(np.zeros(5, np.float32), np.eye(5, 2, dtype=np.float32), 1.0, 0.0, 0.05)
    model = dataclasses.replace(make_model(), temperature=3.0, open_set=rule)
    pictures = np.random.default_rng(0).integers(0, 256, (60, 8, 8, 3), np.uint8)
    labels = np.arange(60) % 3
    predictor = Predictor(model)
    answers = predictor.answers(pictures)
    result = evaluate_answers(answers, labels, model)
    bare = dataclasses.replace(model, temperature=1.0)
    expected = [
        evaluate(Predictor(one).probabilities(pictures), labels, model.classes).calibration_error
        for one in (model, bare)
    ]
    assert [result.calibration_error, result.uncalibrated_error] == pytest.approx(expected, rel=1e-6)
    assert result.unknown_fraction == np.mean([one.unknown for one in answers])
    silent = dataclasses.replace(model, open_set=None)
    assert evaluate_answers(Predictor(silent).answers(pictures), labels, silent).unknown_fraction is None


@given(outcomes())
def test_roc_auc_is_scikit_learn_s(outcome: tuple[np.ndarray, np.ndarray]) -> None:
    probabilities, labels = outcome
    figures = evaluate(probabilities, labels, names(probabilities))
    areas = []
    for k, one in enumerate(figures.classes):
        if 0 < (labels == k).sum() < len(labels):
            areas.append(metrics.roc_auc_score(labels == k, probabilities[:, k]))
            assert one.roc_auc == pytest.approx(areas[-1], abs=1e-12)
        else:
            assert one.roc_auc is None
    assert figures.roc_auc == (pytest.approx(np.mean(areas)) if areas else None)


def test_ties_count_half_in_roc_auc() -> None:
    assert roc_auc([0.5, 0.5, 0.5, 0.1], [True, False, True, False]) == 0.75
    assert roc_auc([0.5, 0.5], [True, True]) is None


@pytest.mark.parametrize(("classes", "k"), [(2, None), (3, 2), (6, 5)])
def test_top_k_accuracy_is_scikit_learn_s(classes: int, k: int | None) -> None:
    chance = np.random.default_rng(0)
    probabilities, labels = chance.dirichlet(np.ones(classes), 100), chance.integers(0, classes, 100)
    figures = evaluate(probabilities, labels, names(probabilities))
    if k is None:
        assert figures.top_k_accuracy_fraction is None
    else:
        right = metrics.top_k_accuracy_score(labels, probabilities, k=k, labels=range(classes))
        assert (figures.top_k, figures.top_k_accuracy_fraction) == (k, pytest.approx(right))


@pytest.mark.parametrize(("count", "copies"), [(100, 1), (100, 4), (20, 10)])
def test_pictures_of_a_group_count_as_one(count, copies):
    groups = np.arange(count).repeat(copies)
    assert grouped_interval(0.75, groups) == wilson_interval(count * 3 // 4, count)
