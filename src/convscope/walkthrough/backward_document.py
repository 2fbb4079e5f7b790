"""The way back, as a schema: gradients of the loss at every step, and what a change of weights does to it.

`docs/reference/walk.md` explains every field.
"""

from __future__ import annotations

from convscope.walkthrough.arrays import EncodedArray  # noqa: TC001 - pydantic needs it
from convscope.walkthrough.explanation_document import Number, Strict


class StepGradients(Strict):
    """The gradient at a step's output, what it passes to each input, and that at its weights and biases.

    Where the input's step has no other reader, what is passed is the gradient at that step's output, and
    is left out here.
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
    """Gradient descent with one learning rate: where it starts, and where each step leads."""

    rate: Number
    values: list[list[Number]]
    losses: list[Number]
    gradients: list[list[Number]]


class WeightCurve(Strict):
    """The loss as a function of one weight, all others left as they are, and descents along it."""

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
    """The loss after one step of all weights at once, for several learning rates."""

    rates: list[Number]
    losses: list[Number]


class BackwardPass(Strict):
    """Everything that goes back if this class, or the label set of this number, is the true one."""

    truth: int
    loss: Number
    steps: list[StepGradients]
    all_weights: AllWeightsStep
    curves: list[WeightCurve]
    maps: list[LossMap]


class Backward(Strict):
    """The way back for a few outcomes, and what was left out so that the document stays small."""

    passes: list[BackwardPass]
    left_out: str
