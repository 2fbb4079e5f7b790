"""Without ReLU the chain is one matrix; with it, it is not."""

from dataclasses import replace

import numpy as np
import pytest

from convscope.network.variants import without_activations
from convscope.walkthrough import linear
from convscope.walkthrough.linear import compute_without_relu
from convscope.walkthrough.numpy_chain import forward


def picture(height, width, channels):
    return np.random.default_rng(0).integers(0, 256, (height, width, channels), np.uint8)


@pytest.mark.parametrize("notation", ["3C3-AP2-4N", "3C3-MP2-4C3s2-MP2o", "4N-5N", "2C3"])
def test_the_chain_is_one_matrix(make_model, notation):
    linear = compute_without_relu(make_model(notation, (3, 9, 8)), picture(9, 8, 3)).linear
    assert linear.weights_shape == [3, 3 * 9 * 8]
    assert linear.classes == [0, 1, 2]
    assert linear.largest_difference < 1e-10
    assert "3 × 216" in linear.text


def test_the_prediction_is_that_of_the_layers_composed_by_hand(make_model):
    model = make_model("4N-5N", (1, 3, 3))
    column = ((picture(3, 3, 1)[:, :, 0] - model.mean[0]) / model.std[0]).ravel()
    for n in (1, 2, 3):
        column = (
            model.weights[f"full_connection_{n}.weight"] @ column + model.weights[f"full_connection_{n}.bias"]
        )
    without_relu = compute_without_relu(model, picture(3, 3, 1))
    expected = np.exp(column - column.max()) / np.exp(column - column.max()).sum()
    np.testing.assert_allclose(without_relu.probabilities, expected, rtol=1e-6)
    assert without_relu.predicted == int(column.argmax())


def test_max_pooling_stays_in_the_prediction(make_model):
    model, pixels = make_model("3C3-MP2", (1, 8, 8)), picture(8, 8, 1)
    without = replace(model, chain=without_activations(model.chain))
    without_relu = compute_without_relu(model, pixels)
    np.testing.assert_allclose(without_relu.probabilities, forward(without, pixels)[-1].output)


def test_with_relu_no_one_matrix_does_it(make_model, monkeypatch):
    model, pixels = make_model("4C3-6N", (3, 8, 8)), picture(8, 8, 3)
    monkeypatch.setattr(linear, "without_activations", lambda chain: chain)
    assert compute_without_relu(model, pixels).linear.largest_difference > 0.1


def test_of_many_classes_some_rows_are_computed(make_model):
    model = make_model("4N", (1, 4, 4), classes=30)
    linear = compute_without_relu(model, picture(4, 4, 1)).linear
    assert linear.weights_shape == [20, 16]
