"""The backward pass, as a schema: gradients of the loss at every step, and the effect of weight changes.

`docs/reference/walk.md` explains every field.
"""

from __future__ import annotations

from convscope.walkthrough.arrays import EncodedArray  # noqa: TC001 - pydantic needs it
from convscope.walkthrough.explanation_document import Number, Strict


class StepGradients(Strict):
    """The gradients at a step's output, at each of its inputs, and at its weights and biases.

    If an input is only used by this step, the gradient passed to it is the gradient at that step's output,
    and is omitted here.
    """

    step: str
    at_output: EncodedArray
    at_inputs: list[EncodedArray | None]
    at_weights: EncodedArray | None = None
    at_bias: EncodedArray | None = None


class WeightGradient(Strict):
    """One weight or bias: its tensor, its index on every axis, its value and its gradient."""

    tensor: str
    place: list[int]
    value: Number
    gradient: Number


class Descent(Strict):
    """Gradient descent with one learning rate: the starting point, and the position after each step."""

    rate: Number
    values: list[list[Number]]
    losses: list[Number]
    gradients: list[list[Number]]


class WeightCurve(Strict):
    """The loss as a function of one weight, with all others fixed, and descents along it."""

    weight: WeightGradient
    values: list[Number]
    losses: list[Number]
    descents: list[Descent]


class LossMap(Strict):
    """The loss as a function of two weights: (values of the second, values of the first), and descents."""

    first: WeightGradient
    second: WeightGradient
    first_values: list[Number]
    second_values: list[Number]
    losses: EncodedArray
    descents: list[Descent]


class AllWeightsStep(Strict):
    """The loss after one step of all weights together, for several learning rates."""

    rates: list[Number]
    losses: list[Number]


class BackwardPass(Strict):
    """The backward pass if this class, or the label set with this number, is the truth."""

    truth: int
    loss: Number
    steps: list[StepGradients]
    all_weights: AllWeightsStep
    curves: list[WeightCurve]
    maps: list[LossMap]


class Backward(Strict):
    """The backward pass for a few outcomes, and what was omitted to keep the document small."""

    passes: list[BackwardPass]
    left_out: str
