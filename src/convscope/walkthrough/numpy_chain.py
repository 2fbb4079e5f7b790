"""A model's chain computed in NumPy, forward and backward, step by step.

It uses the model's weights, float64 and `steps`, for one picture at a time. The results are shown to users,
and the fast engines are checked against them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol, cast

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
    sigmoid,
    softmax,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from numpy.typing import NDArray

    from convscope.model.file import Model
    from convscope.network.chain import Step
    from convscope.steps.arrays import Array

    Weights = NDArray[np.float32]


class NumpyStep(NamedTuple):
    """The NumPy implementation of a kind of step.

    Attributes:
        forward: (step, inputs, its weights and biases) to the step's output.
        gradient: (step, gradient at the output, inputs, weights and biases) to the gradient at each input.
        parameters: (step, gradient at the output, inputs) to the gradient at its weights and biases; None for
            a step without parameters.
    """

    forward: Callable[[Step, Sequence[Array], list[Weights]], Array]
    gradient: Callable[[Step, Array, Sequence[Array], list[Weights]], tuple[Array, ...]]
    parameters: Callable[[Step, Array, Sequence[Array]], tuple[Array, Array]] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class ComputedStep:
    """A step with its values for one picture.

    Attributes:
        step: The step of the chain.
        inputs: Its inputs; for the image its pixels (height, width, channels), else maps or neurons.
        output: Its output.
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
        """Its input; the first if there are several."""
        return self.inputs[0]


def forward(model: Model, pixels: NDArray[np.uint8]) -> tuple[ComputedStep, ...]:
    """Compute every step for a prepared picture, from the image to softmax.

    Args:
        model: The model.
        pixels: uint8 (height, width, channels), prepared.

    Returns:
        The steps of the model's chain in order.

    Raises:
        NetworkError: A number overflows float64.
    """
    first, *others = model.chain
    values = {first.name: image.forward(pixels, model.mean, model.std)}
    computed = ComputedStep(first, (pixels.astype(np.float64),), values[first.name])
    return computed, *(_compute(step, values, model) for step in others)


@dataclass(frozen=True, slots=True, eq=False)
class StepGradients:
    """The gradients of a step in the backward pass.

    Attributes:
        at_output: The gradient at its output.
        at_inputs: The gradient passed to each of its inputs; empty for the image.
        at_parameters: The gradient at its weights and biases, by name.
    """

    at_output: Array
    at_inputs: tuple[Array, ...]
    at_parameters: dict[str, Array]


def recompute(
    steps: Sequence[ComputedStep], model: Model, changed: Collection[str]
) -> tuple[ComputedStep, ...]:
    """Recompute the steps after some weights have changed; steps that do not depend on them are reused.

    Args:
        steps: The previous result of `forward`.
        model: The model with the changed weights.
        changed: The names of those steps.

    Raises:
        NetworkError: A number overflows float64.
    """
    values = {computed.name: computed.output for computed in steps}
    stale = {*changed}
    result: list[ComputedStep] = []
    for computed in steps:
        step = computed.step
        if step.name not in stale and stale.isdisjoint(step.inputs):
            result.append(computed)
        else:
            stale.add(step.name)
            result.append(_compute(step, values, model))
    return tuple(result)


def backward(steps: Sequence[ComputedStep], model: Model, at_logits: Array) -> dict[str, StepGradients]:
    """Compute every gradient by the chain rule, from the logits back to the image.

    The gradient at a step with several readers is the sum of what they pass back.

    Args:
        steps: The result of `forward`.
        model: The model.
        at_logits: The gradient at the logits, (classes,).

    Returns:
        The steps from the image to the output layer by name, in the order of the chain.
    """
    passed: dict[str, StepGradients] = {}
    for computed, at_output, at_inputs in _back(steps, model, at_logits):
        at_parameters = gradients_at_parameters(computed, at_output)
        passed[computed.name] = StepGradients(at_output, at_inputs, at_parameters)
    return dict(reversed(passed.items()))


def gradients_at_parameters(computed: ComputedStep, at_output: Array) -> dict[str, Array]:
    """Compute the gradient at a step's weights and biases, by name; empty if it has none."""
    step = computed.step
    compute = None if step.kind == "image" else NUMPY_STEPS[step.family].parameters
    of_parameters = compute(step, at_output, computed.inputs) if compute else ()
    return dict(zip(step.parameters, of_parameters, strict=True))


def gradient_at(steps: Sequence[ComputedStep], model: Model, at_logits: Array, name: str) -> Array:
    """Compute the gradient at the output of a step, by the chain rule from the logits back.

    Args:
        steps: The result of `forward`.
        model: The model.
        at_logits: The gradient at the logits, (classes,).
        name: The step's name.

    Returns:
        The gradient, in the shape of that step's output.
    """
    for computed, at_output, _ in _back(steps, model, at_logits, until=name):
        if computed.name == name:
            return at_output
    raise KeyError(name)


def _back(
    steps: Sequence[ComputedStep], model: Model, at_logits: Array, until: str = ""
) -> Iterator[tuple[ComputedStep, Array, tuple[Array, ...]]]:
    """Yield each step, last to first, with the gradients at its output and its inputs."""
    gradients = {model.chain.output.name: at_logits}
    for computed in reversed(steps):
        at_output = gradients.pop(computed.name, None)
        if at_output is None:
            continue
        step = computed.step
        at_inputs: tuple[Array, ...] = ()
        if step.kind != "image" and step.name != until:
            rule = NUMPY_STEPS[step.family].gradient
            at_inputs = rule(step, at_output, computed.inputs, _weights(model, step))
        yield computed, at_output, at_inputs
        for source, at_input in zip(step.inputs, at_inputs, strict=step.name != until):
            gradients[source] = gradients[source] + at_input if source in gradients else at_input


def _convolving(
    forward: Callable[..., Array], at_maps: Callable[..., Array], at_filters: Callable[..., Array]
) -> NumpyStep:
    """Return the step of a kind of convolution: its output, and its gradients at maps and filters."""
    return NumpyStep(
        lambda step, inputs, weights: forward(inputs[0], *weights, step.windows),
        lambda step, at_output, inputs, weights: (at_maps(at_output, inputs[0], weights[0], step.windows),),
        lambda step, at_output, inputs: (
            at_filters(at_output, inputs[0], step.windows),
            at_output.sum(axis=(1, 2)),
        ),
    )


class _Function(Protocol):
    """A step that depends on one input alone."""

    def forward(self, values: Array, /) -> Array: ...
    def gradient(self, at_output: Array, values: Array, /) -> Array: ...


def _without_weights(kind: _Function) -> NumpyStep:
    return NumpyStep(
        lambda _step, inputs, _weights: kind.forward(inputs[0]),
        lambda _step, at_output, inputs, _weights: (kind.gradient(at_output, inputs[0]),),
    )


NUMPY_STEPS: dict[str, NumpyStep] = {
    "convolution": _convolving(
        convolution.forward, convolution.gradient_at_maps, convolution.gradient_at_filters
    ),
    "depthwise_convolution": _convolving(
        depthwise_convolution.forward,
        depthwise_convolution.gradient_at_maps,
        depthwise_convolution.gradient_at_filters,
    ),
    "relu": _without_weights(relu),
    "relu6": _without_weights(relu6),
    "addition": NumpyStep(
        lambda _step, inputs, _weights: addition.forward(inputs[0], inputs[1]),
        lambda _step, at_output, _inputs, _weights: addition.gradient(at_output),
    ),
    "joining": NumpyStep(
        lambda _step, inputs, _weights: joining.forward(inputs),
        lambda _step, at_output, inputs, _weights: joining.gradient(at_output, inputs),
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
        lambda _step, at_output, inputs: (
            full_connection.gradient_at_weights(at_output, inputs[0]),
            at_output,
        ),
    ),
    "sigmoid": _without_weights(sigmoid),
    "softmax": _without_weights(softmax),
}
"""The NumPy implementation of each family of steps except the image."""


def _weights(model: Model, step: Step) -> list[Weights]:
    return [model.weights[name] for name in step.parameters]


def _compute(step: Step, values: dict[str, Array], model: Model) -> ComputedStep:
    """Compute a step from the outputs of the steps before it, by name, and add its own to them."""
    inputs = tuple(values[name] for name in step.inputs)
    output = NUMPY_STEPS[step.family].forward(step, inputs, _weights(model, step))
    if not np.isfinite(output).all():
        raise NetworkError(
            f"the numbers of {step.name} grow beyond all bounds",
            why="its weights, or those before it, are too large",
            remedy="train the model again with a smaller --learning-rate",
        )
    values[step.name] = output
    return ComputedStep(step, inputs, output)
