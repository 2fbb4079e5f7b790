"""Losses after a change of weights, compared with PyTorch and with a full recomputation."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import functional

from convscope.walkthrough.arrays import encode
from convscope.walkthrough.descent import (
    CURVE_POINTS,
    MAP_POINTS,
    LossOf,
    all_weights_step,
    descend,
    loss_map,
    rounded,
    weight_curve,
)
from convscope.walkthrough.losses import gradient_at_logits, loss_of_logits
from convscope.walkthrough.numpy_chain import backward, forward
from convscope.walkthrough.truth import TrueClass

PLACE = ("convolution_1.weight", (1, 0, 2, 1))
OTHER = ("full_connection_1.weight", (2, 18))


@pytest.fixture(scope="module")
def model(make_model):
    return replace(make_model("4C3-MP2-5N", (1, 8, 8), seed=3), temperature=0.7)


@pytest.fixture(scope="module")
def pixels():
    return np.random.default_rng(3).integers(0, 256, (8, 8, 1), np.uint8)


def loss_with(model, pixels, truth, *changes):
    """Return the loss after changes of weights, by PyTorch in float64, and its gradients there."""
    tensors = {name: torch.from_numpy(weight).double() for name, weight in model.weights.items()}
    for (tensor, place), value in changes:
        tensors[tensor][place] = value
    tensors = {name: tensor.requires_grad_() for name, tensor in tensors.items()}
    image = torch.from_numpy((pixels.transpose(2, 0, 1) - model.mean[0]) / model.std[0])[None]
    maps = functional.conv2d(
        image, tensors["convolution_1.weight"], tensors["convolution_1.bias"], padding="same"
    )
    column = functional.max_pool2d(maps.relu(), 2).flatten(1)
    for layer in ("full_connection_1", "full_connection_2"):
        column = functional.linear(column, tensors[f"{layer}.weight"], tensors[f"{layer}.bias"])
        column = column.relu() if layer == "full_connection_1" else column
    loss = functional.cross_entropy(column / model.temperature, torch.tensor([truth]))
    loss.backward()
    return loss.item(), [tensors[tensor].grad[place].item() for (tensor, place), _ in changes]


def test_a_step_is_weight_minus_rate_times_gradient_and_its_loss_is_recomputed(model, pixels):
    loss_of = LossOf(forward(model, pixels), model, TrueClass(2), (PLACE,))
    descent = descend(loss_of, 0.3)
    assert descent.gradients[0] != [0.0]
    assert descent.values[0] == [float(model.weights[PLACE[0]][PLACE[1]])]
    for place, ((value,), loss, (gradient,)) in enumerate(
        zip(descent.values, descent.losses, descent.gradients, strict=True)
    ):
        expected, at = loss_with(model, pixels, 2, (PLACE, value))
        assert loss == pytest.approx(expected, rel=1e-9)
        assert gradient == pytest.approx(at[0], abs=1e-9)
        if place + 1 < len(descent.values):
            assert descent.values[place + 1] == [value - 0.3 * gradient]


def test_the_curve_s_losses_are_those_of_its_weight(model, pixels):
    curve = weight_curve(LossOf(forward(model, pixels), model, TrueClass(0), (PLACE,)))
    assert len(curve.values) == CURVE_POINTS
    assert curve.values[CURVE_POINTS // 2] == pytest.approx(curve.weight.value)
    for value, loss in zip(curve.values[::6], curve.losses[::6], strict=True):
        assert loss == pytest.approx(loss_with(model, pixels, 0, (PLACE, value))[0], rel=1e-9)
    assert [descent.rate for descent in curve.descents] == sorted({d.rate for d in curve.descents})


def test_the_map_s_losses_are_those_of_both_weights(model, pixels):
    found = loss_map(
        LossOf(forward(model, pixels), model, TrueClass(1), (PLACE, OTHER)),
        [0.5],
        lambda values: encode(values, "float32"),
    )
    losses = found.losses.values()
    assert losses.shape == (MAP_POINTS, MAP_POINTS)
    for row, column in ((0, 0), (2, 9), (12, 5)):
        changes = ((PLACE, found.first_values[column]), (OTHER, found.second_values[row]))
        assert losses[row, column] == pytest.approx(loss_with(model, pixels, 1, *changes)[0], rel=1e-6)
    values, gradients = found.descents[0].values, found.descents[0].gradients
    assert values[1] == [value - 0.5 * at for value, at in zip(values[0], gradients[0], strict=True)]


def test_a_step_of_all_weights(model, pixels):
    steps = forward(model, pixels)
    passed = backward(steps, model, gradient_at_logits(steps[-1].input, TrueClass(1), model.temperature))
    found = all_weights_step(steps, model, TrueClass(1), passed)
    assert found.losses[0] == loss_of_logits(steps[-1].input, TrueClass(1), model.temperature)
    at = {name: gradient for step in passed.values() for name, gradient in step.at_parameters.items()}
    for rate, loss in zip(found.rates, found.losses, strict=True):
        moved = replace(model, weights={name: w - rate * at[name] for name, w in model.weights.items()})
        assert loss == loss_of_logits(forward(moved, pixels)[-1].input, TrueClass(1), model.temperature)


def test_numbers_beyond_all_bounds_end_a_descent(model, pixels):
    descent = descend(LossOf(forward(model, pixels), model, TrueClass(2), (OTHER,)), 1e308)
    assert len(descent.values) == 1


@pytest.mark.parametrize(("rate", "expected"), [(1.0, 1.0), (3.4, 5.0), (0.00012, 0.0001), (8e5, 1e6)])
def test_rates_are_round(rate, expected):
    assert rounded(rate) == expected
