import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from convscope.errors import NetworkError, SettingError
from convscope.steps import full_connection


@st.composite
def connections(draw):
    """Arguments of `forward` that fit together: inputs, weights, bias."""
    inputs, neurons = draw(st.integers(1, 9)), draw(st.integers(1, 5))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return rng.normal(size=inputs), rng.normal(size=(neurons, inputs)), rng.normal(size=neurons)


@given(connections())
def test_values_and_gradients_agree_with_pytorch(case):
    inputs, weights, bias = case
    leaves = [torch.tensor(array, requires_grad=True) for array in case]
    expected = torch.nn.functional.linear(*leaves)
    at_output = np.random.default_rng(0).normal(size=bias.shape)
    expected.backward(torch.tensor(at_output))
    np.testing.assert_allclose(full_connection.forward(*case), expected.detach(), rtol=1e-10, atol=1e-12)
    gradients = full_connection.gradient(at_output, inputs, weights)
    for gradient, leaf in zip(gradients, leaves, strict=True):
        np.testing.assert_allclose(gradient, leaf.grad, rtol=1e-10, atol=1e-12)


@given(connections())
def test_every_explanation_adds_up_to_the_neuron(case):
    inputs, weights, bias = case
    for neuron, value in enumerate(full_connection.forward(*case)):
        explained = full_connection.explain(*case, neuron=neuron)
        assert explained.bias == bias[neuron]
        products = [contribution.product for contribution in explained.contributions]
        assert products == (inputs * weights[neuron]).tolist()
        assert [contribution.index for contribution in explained.contributions] == list(range(len(inputs)))
        np.testing.assert_allclose(explained.result, value, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(
    ("inputs", "weights", "bias", "named"),
    [
        ((1, 3), (2, 3), (2,), r"inputs of shape \(1, 3\)"),
        ((3,), (2, 4), (2,), r"weights of shape \(2, 4\)"),
        ((3,), (2, 3), (3,), r"biases of shape \(3,\)"),
    ],
)
def test_shapes_that_do_not_fit_together_are_named(inputs, weights, bias, named):
    with pytest.raises(NetworkError, match=named):
        full_connection.forward(np.zeros(inputs), np.zeros(weights), np.zeros(bias))


def test_a_gradient_of_another_length_is_named():
    with pytest.raises(NetworkError, match=r"gradients of shape \(3,\)"):
        full_connection.gradient(np.zeros(3), np.zeros(4), np.zeros((2, 4)))


def test_a_neuron_that_is_not_there_cannot_be_explained():
    with pytest.raises(SettingError, match="neuron 2"):
        full_connection.explain(np.zeros(4), np.zeros((2, 4)), np.zeros(2), neuron=2)
