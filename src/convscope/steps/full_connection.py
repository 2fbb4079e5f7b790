"""Full connection (a fully connected, dense or linear layer): each neuron is a weighted sum of all inputs.

    output[n] = bias[n] + sum over i of weights[n, i] * inputs[i]

The product weight * input is the input's contribution to the neuron: a positive one raises the output, a
negative one lowers it. The outputs of the last full connection are the logits, one per class.

Source: Deep Learning, section 6.1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from convscope.steps.arrays import Array, as_array, require_inside

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


class FullConnectionGradient(NamedTuple):
    """The gradient at each input of a full connection, in that input's shape."""

    inputs: Array
    weights: Array
    bias: Array


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one input, by its index, contributes to a neuron: input * weight = product."""

    index: int
    input: float
    weight: float
    product: float


@dataclass(frozen=True, slots=True)
class NeuronSum:
    """How one neuron's output is computed: the sum of all contributions, in order, plus the bias."""

    contributions: tuple[Contribution, ...]
    bias: float
    result: float


def forward(inputs: ArrayLike, weights: ArrayLike, bias: ArrayLike) -> Array:
    """Compute the output of every neuron.

    Args:
        inputs: (inputs,).
        weights: (neurons, inputs).
        bias: (neurons,).

    Returns:
        (neurons,).

    Raises:
        NetworkError: The shapes do not fit together.

    Example:
        >>> forward([1, 2], weights=[[10, 1], [0, -1]], bias=[100, 0]).tolist()
        [112.0, -2.0]
    """
    inputs, weights = _read(inputs, weights)
    return weights @ inputs + as_array(bias, "biases", neurons=len(weights))


def gradient(at_output: ArrayLike, inputs: ArrayLike, weights: ArrayLike) -> FullConnectionGradient:
    """Compute the gradient at the inputs, the weights and the biases.

    Args:
        at_output: The gradient at the neurons, (neurons,).
        inputs: As in `forward`.
        weights: As in `forward`. The bias only shifts the output, so it is not needed.

    Raises:
        NetworkError: The shapes do not fit together.

    Example:
        >>> gradient([1, 3], inputs=[5, 6], weights=[[10, 1], [0, -1]])  # doctest: +NORMALIZE_WHITESPACE
        FullConnectionGradient(inputs=array([10., -2.]), weights=array([[ 5., 6.], [15., 18.]]),
                               bias=array([1., 3.]))
    """
    inputs, weights = _read(inputs, weights)
    at_output = as_array(at_output, "gradients", neurons=len(weights))
    return FullConnectionGradient(
        inputs=at_output @ weights, weights=np.outer(at_output, inputs), bias=at_output.copy()
    )


def gradient_at_weights(at_output: ArrayLike, inputs: ArrayLike) -> Array:
    """Compute only the gradient at the weights: the gradient at each neuron times each input.

    Raises:
        NetworkError: The gradients or the inputs do not have exactly one axis.

    Example:
        >>> gradient_at_weights([1, 3], inputs=[5, 6]).tolist()
        [[5.0, 6.0], [15.0, 18.0]]
    """
    return np.outer(as_array(at_output, "gradients", neurons=None), as_array(inputs, "inputs", inputs=None))


def explain(inputs: ArrayLike, weights: ArrayLike, bias: ArrayLike, *, neuron: int) -> NeuronSum:
    """Explain how one neuron's output is computed, summed in the inputs' order.

    Args:
        inputs: As in `forward`.
        weights: As in `forward`.
        bias: As in `forward`.
        neuron: Index of the neuron.

    Raises:
        NetworkError: The shapes do not fit together.
        SettingError: There is no such neuron.

    Example:
        >>> explain([2], weights=[[10]], bias=[100], neuron=0)  # doctest: +NORMALIZE_WHITESPACE
        NeuronSum(contributions=(Contribution(index=0, input=2.0, weight=10.0, product=20.0),),
                  bias=100.0, result=120.0)
    """
    inputs, weights = _read(inputs, weights)
    bias = as_array(bias, "biases", neurons=len(weights))
    require_inside(bias.shape, neuron=neuron)
    contributions = tuple(
        Contribution(index, value, weight, value * weight)
        for index, (value, weight) in enumerate(zip(inputs.tolist(), weights[neuron].tolist(), strict=True))
    )
    total = sum(contribution.product for contribution in contributions)
    return NeuronSum(contributions, float(bias[neuron]), total + float(bias[neuron]))


def _read(inputs: ArrayLike, weights: ArrayLike) -> tuple[Array, Array]:
    inputs = as_array(inputs, "inputs", inputs=None)
    return inputs, as_array(weights, "weights", neurons=None, inputs=len(inputs))
