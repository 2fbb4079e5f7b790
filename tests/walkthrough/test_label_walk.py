"""The walk of a multi-label model, compared with SciPy and PyTorch."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
import torch
from scipy.special import expit, softmax
from torch.nn import functional

from convscope.errors import SettingError
from convscope.walkthrough.descent import LossOf
from convscope.walkthrough.explanation import Explanation
from convscope.walkthrough.losses import loss_of_logits
from convscope.walkthrough.numpy_chain import forward
from convscope.walkthrough.outputs import outputs
from convscope.walkthrough.truth import outcomes_of, true_labels
from convscope.walkthrough.walk import walk

THRESHOLDS = (0.5, 0.1, 0.9, 0.4)
TEMPERATURE = 0.7


@pytest.fixture(scope="module")
def model(make_model):
    made = make_model("4C3-MP2-5N", (1, 8, 8), classes=4, seed=3, thresholds=THRESHOLDS)
    return replace(made, temperature=TEMPERATURE)


@pytest.fixture(scope="module")
def picture():
    return np.random.default_rng(3).integers(0, 256, (8, 8), np.uint8)


@pytest.fixture(scope="module")
def found(model, picture):
    return walk(model, picture, picture_name="noise", truth="class 3;class 1", gradients=True)


@pytest.fixture(scope="module")
def logits(model, picture):
    return forward(model, picture[:, :, None])[-1].input / TEMPERATURE


def test_the_sigmoids_are_scipys_and_softmax_is_only_to_compare(found, logits):
    step = found.steps[-2]
    assert (step.kind, step.inputs) == ("sigmoid", ["temperature"])
    np.testing.assert_allclose(step.logits, logits, rtol=1e-12)
    np.testing.assert_allclose(step.output, expit(logits), rtol=1e-12)
    np.testing.assert_allclose(1 / (1 + np.array(step.exponentials)), step.output, rtol=1e-12)
    np.testing.assert_allclose(step.softmax, softmax(logits), rtol=1e-12)
    np.testing.assert_allclose(step.curve.probabilities, expit(step.curve.logits), rtol=1e-12)
    assert step.curve.logits[-1] >= np.abs(logits).max()
    assert found.probabilities == step.output
    assert found.largest_difference < 1e-4


def test_the_answer_is_every_label_at_its_threshold(found, logits):
    expected = np.flatnonzero(expit(logits) >= THRESHOLDS).tolist()
    assert found.labels.answer == expected
    assert found.labels.thresholds == list(THRESHOLDS)


def test_the_label_sets_are_the_truth_the_answer_and_its_neighbours_by_probability(found, logits):
    first, answer, *others = found.labels.sets
    assert found.truth == 0
    assert first == [1, 3]
    assert answer == found.labels.answer

    def probability(members):
        shares = expit(logits)
        return np.prod([p if label in members else 1 - p for label, p in enumerate(shares)])

    every = [[*one] for count in range(5) for one in combinations(range(4), count)]
    apart = [one for one in every if len({*one} ^ {*answer}) == 1 and one != first]
    assert others == sorted(apart, key=probability, reverse=True)


def test_each_label_costs_what_bce_with_logits_says(found, logits):
    step = found.steps[-1]
    assert step.kind == "binary_cross_entropy"
    assert step.others == 0
    for one in step.labels:
        for there, cost in ((1.0, one.present), (0.0, one.absent)):
            logit = torch.tensor(logits[one.label], requires_grad=True)
            for loss, value, gradient in (
                (functional.binary_cross_entropy_with_logits, cost.cross_entropy, cost.gradient),
                (
                    lambda z, y: (z.sigmoid() - y).square(),
                    cost.squared_error,
                    cost.squared_gradient,
                ),
            ):
                expected = loss(logit, torch.tensor(there, dtype=torch.float64))
                (at,) = torch.autograd.grad(expected, logit)
                assert (value, gradient) == pytest.approx((expected.item(), at.item()), rel=1e-9)


def by_torch(model, picture, present):
    weights = {
        name: torch.from_numpy(weight).double().requires_grad_() for name, weight in model.weights.items()
    }
    image = torch.from_numpy((picture[None] - model.mean[0]) / model.std[0])[None]
    maps = functional.conv2d(image, weights["convolution_1.weight"], weights["convolution_1.bias"], padding=1)
    column = functional.max_pool2d(maps.relu(), 2).flatten(1)
    column = functional.linear(column, weights["full_connection_1.weight"], weights["full_connection_1.bias"])
    column = functional.linear(
        column.relu(), weights["full_connection_2.weight"], weights["full_connection_2.bias"]
    )
    wanted = torch.tensor([[float(one) for one in present]], dtype=torch.float64)
    loss = functional.binary_cross_entropy_with_logits(column / TEMPERATURE, wanted, reduction="sum")
    loss.backward()
    return loss.item(), {name: weight.grad.numpy() for name, weight in weights.items()}


def test_backpropagation_of_each_label_set_is_autograds(found, model, picture):
    assert [one.truth for one in found.backward.passes] == [0, 1]
    for one in found.backward.passes:
        present = [label in found.labels.sets[one.truth] for label in range(4)]
        loss, gradients = by_torch(model, picture, present)
        assert one.loss == pytest.approx(loss, rel=1e-6)
        for step in one.steps:
            for written, name in ((step.at_weights, "weight"), (step.at_bias, "bias")):
                if written is not None:
                    np.testing.assert_allclose(
                        written.values(), gradients[f"{step.step}.{name}"], rtol=1e-5, atol=1e-6
                    )


def test_a_changed_weight_changes_the_loss_of_a_label_set(model, picture):
    steps = forward(model, picture[:, :, None])
    truth = true_labels((0, 2), 4)
    place = ("convolution_1.weight", (1, 0, 2, 1))
    loss, gradient = LossOf(steps, model, truth, (place,)).with_gradient([0.25])
    weights = {name: weight.copy() for name, weight in model.weights.items()}
    weights[place[0]][place[1]] = 0.25
    expected, gradients = by_torch(replace(model, weights=weights), picture, truth.present)
    assert loss == pytest.approx(expected, rel=1e-9)
    assert gradient[0] == pytest.approx(gradients[place[0]][place[1]], rel=1e-9)
    assert loss_of_logits(steps[-1].input, truth, TEMPERATURE) != pytest.approx(loss)


def test_a_picture_may_show_none_of_the_labels(model, picture):
    none = walk(model, picture, picture_name="noise", truth="")
    assert (none.truth, none.labels.sets[0]) == (0, [])
    unknown = walk(model, picture, picture_name="noise")
    assert (unknown.truth, unknown.labels.sets[0]) == (None, unknown.labels.answer)


def test_a_label_that_the_model_does_not_know_is_refused(model, logits):
    with pytest.raises(SettingError, match="no label 'class 9'"):
        outcomes_of(model, logits, "class 1;class 9")


def test_what_is_left_of_many_labels_is_summed_up(make_model, picture):
    many = make_model("4C3-MP2-5N", (1, 8, 8), classes=60, thresholds=(0.5,) * 60)
    step = walk(many, picture, picture_name="noise", truth="class 41").steps[-1]
    shown = [one.label for one in step.labels]
    assert 41 in shown
    assert len(shown) < 60
    logits = forward(many, picture[:, :, None])[-1].input
    others = np.delete(logits, shown)
    assert step.others == pytest.approx(np.logaddexp(0, others).sum(), rel=1e-9)


def test_without_relu_labels_are_found_at_the_same_thresholds(found):
    without = found.no_relu
    assert without.labels == np.flatnonzero(np.array(without.probabilities) >= THRESHOLDS).tolist()


def test_every_output_reads_from_the_document_and_the_figure_is_drawn(found, tmp_path):
    np.testing.assert_allclose(outputs(found)["sigmoid"], found.probabilities)
    Explanation(found).save(tmp_path / "walk.png")
    assert (tmp_path / "walk.png").stat().st_size > 10_000
