"""A model's chain computed in NumPy, forward and backward, step by step.

The weights are the model's own. Everything is float64 and one picture at a time, computed by `steps`; it is
what people see, and what the fast engines are checked against.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, cast

import numpy as np

from convscope.errors import NetworkError
from convscope.steps import (
    POOLINGS,
    addition,
    convolution,
    depthwise_convolution,
    flattening,
    full_connection,
    image,
    joining,
    relu,
    relu6,
    softmax,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from convscope.model.file import Model
    from convscope.network.chain import Step
    from convscope.steps.arrays import Array

    Weights = NDArray[np.float32]


class NumpyStep(NamedTuple):
    """How NumPy computes a kind of step.

    Attributes:
        forward: (step, inputs, its weights and biases) to what the step gives out.
        gradient: (step, gradient at the output, inputs, weights and biases) to the gradient at each input.
    """

    forward: Callable[[Step, Sequence[Array], list[Weights]], Array]
    gradient: Callable[[Step, Array, Sequence[Array], list[Weights]], tuple[Array, ...]]


@dataclass(frozen=True, slots=True, eq=False)
class ComputedStep:
    """A step with the numbers of one picture.

    Attributes:
        step: The step of the chain.
        inputs: What it read; for the image its pixels (height, width, channels), else maps or neurons.
        output: What it gave out.
    """

    step: Step
    inputs: tuple[Array, ...]
    output: Array

    @property
    def name(self) -> str:
        """Its name in the chain."""
        return self.step.name

    @property
    def kind(self) -> str:
        """Its kind."""
        return self.step.kind

    @property
    def input(self) -> Array:
        """What it read; the first if there are several."""
        return self.inputs[0]


def forward(model: Model, pixels: NDArray[np.uint8]) -> tuple[ComputedStep, ...]:
    """Compute every step for a prepared picture, from the image to softmax.

    Args:
        model: The model.
        pixels: uint8 (height, width, channels), prepared.

    Returns:
        The steps of the model's chain in order.

    Raises:
        NetworkError: A number grew beyond what a float64 can hold.
    """
    first, *others = model.chain
    values = {first.name: image.forward(pixels, model.mean, model.std)}
    computed = [ComputedStep(first, (pixels.astype(np.float64),), values[first.name])]
    for step in others:
        inputs = tuple(values[name] for name in step.inputs)
        output = NUMPY_STEPS[step.family].forward(step, inputs, _weights(model, step))
        _require_finite(output, step.name)
        values[step.name] = output
        computed.append(ComputedStep(step, inputs, output))
    return tuple(computed)


def gradient_at(steps: Sequence[ComputedStep], model: Model, at_logits: Array, name: str) -> Array:
    """Compute the gradient at the output of a step, by the chain rule from the logits back.

    Args:
        steps: What `forward` returned.
        model: The model.
        at_logits: The gradient at the logits, (classes,).
        name: The step's name.

    Returns:
        The shape of that step's output.
    """
    gradients = {model.chain.output.name: at_logits}
    for computed in reversed(steps):
        if computed.name == name:
            break
        at_output = gradients.pop(computed.name, None)
        if at_output is None:
            continue
        step = computed.step
        at_inputs = NUMPY_STEPS[step.family].gradient(step, at_output, computed.inputs, _weights(model, step))
        for source, at_input in zip(step.inputs, at_inputs, strict=True):
            gradients[source] = gradients[source] + at_input if source in gradients else at_input
    return gradients[name]


NUMPY_STEPS: dict[str, NumpyStep] = {
    "convolution": NumpyStep(
        lambda step, inputs, weights: convolution.forward(inputs[0], weights[0], weights[1], step.windows),
        lambda step, at_output, inputs, weights: (
            convolution.gradient_at_maps(at_output, inputs[0], weights[0], step.windows),
        ),
    ),
    "depthwise_convolution": NumpyStep(
        lambda step, inputs, weights: depthwise_convolution.forward(
            inputs[0], weights[0], weights[1], step.windows
        ),
        lambda step, at_output, inputs, weights: (
            depthwise_convolution.gradient_at_maps(at_output, inputs[0], weights[0], step.windows),
        ),
    ),
    "relu6": NumpyStep(
        lambda _step, inputs, _weights: relu6.forward(inputs[0]),
        lambda _step, at_output, inputs, _weights: (relu6.gradient(at_output, inputs[0]),),
    ),
    "addition": NumpyStep(
        lambda _step, inputs, _weights: addition.forward(inputs[0], inputs[1]),
        lambda _step, at_output, _inputs, _weights: addition.gradient(at_output),
    ),
    "joining": NumpyStep(
        lambda _step, inputs, _weights: joining.forward(inputs),
        lambda _step, at_output, inputs, _weights: joining.gradient(at_output, inputs),
    ),
    "relu": NumpyStep(
        lambda _step, inputs, _weights: relu.forward(inputs[0]),
        lambda _step, at_output, inputs, _weights: (relu.gradient(at_output, inputs[0]),),
    ),
    "pooling": NumpyStep(
        lambda step, inputs, _weights: POOLINGS[step.kind].forward(inputs[0], step.windows),
        lambda step, at_output, inputs, _weights: (
            POOLINGS[step.kind].gradient(at_output, inputs[0], step.windows),
        ),
    ),
    "flattening": NumpyStep(
        lambda _step, inputs, _weights: flattening.forward(inputs[0]),
        lambda _step, at_output, inputs, _weights: (
            flattening.gradient(at_output, cast("tuple[int, int, int]", inputs[0].shape)),
        ),
    ),
    "full_connection": NumpyStep(
        lambda _step, inputs, weights: full_connection.forward(inputs[0], weights[0], weights[1]),
        lambda _step, at_output, inputs, weights: (
            full_connection.gradient(at_output, inputs[0], weights[0]).inputs,
        ),
    ),
    "softmax": NumpyStep(
        lambda _step, inputs, _weights: softmax.forward(inputs[0]),
        lambda _step, at_output, inputs, _weights: (softmax.gradient(at_output, inputs[0]),),
    ),
}
"""How NumPy computes each family of steps but the image, where pixels come in."""


def _weights(model: Model, step: Step) -> list[Weights]:
    return [model.weights[name] for name in step.parameters]


def _require_finite(output: Array, name: str) -> None:
    if not np.isfinite(output).all():
        raise NetworkError(
            f"the numbers of {name} grow beyond all bounds",
            why="its weights, or those before it, are too large",
            remedy="train the model again with a smaller --learning-rate",
        )
