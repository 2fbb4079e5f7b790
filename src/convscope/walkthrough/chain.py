"""A model's chain by the book: every step's numbers, forwards and back.

The weights are the model's own. What comes out is float64, one picture at a time, computed by `steps`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

import numpy as np

from convscope.errors import NetworkError
from convscope.network.notation import Convolution, FullConnection, Pooling
from convscope.steps import (
    average_pooling,
    convolution,
    flattening,
    full_connection,
    image,
    max_pooling,
    relu,
    softmax,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from convscope.model.file import Model
    from convscope.network.shapes import Stage
    from convscope.steps.arrays import Array

Kind = Literal[
    "image",
    "convolution",
    "relu",
    "max_pooling",
    "average_pooling",
    "flattening",
    "full_connection",
    "softmax",
]


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One step of the chain with what went in and what came out.

    Attributes:
        kind: Which step it is.
        name: `convolution_1`, `convolution_1.relu`, `max_pooling_1`, ...; unique.
        stage: The layer with its shapes; None for image, ReLU, flattening and softmax.
        input: What went in; for the image its pixels (height, width, channels), else maps or neurons.
        output: What came out.
    """

    kind: Kind
    name: str
    stage: Stage | None
    input: Array
    output: Array


def forward(model: Model, pixels: NDArray[np.uint8], *, rectify: bool = True) -> tuple[Step, ...]:
    """Take a prepared picture through every step, from the image to softmax.

    Args:
        model: The model.
        pixels: uint8 (height, width, channels), prepared.
        rectify: Whether ReLU takes part; without it there is no such step.

    Returns:
        The steps in order; with ReLU they are those of `network.shapes.trace`, one a row.

    Raises:
        NetworkError: A number grew beyond what a float64 can hold.
    """
    normalised = image.forward(pixels, model.mean, model.std)
    made = [Step("image", "image", None, pixels.astype(np.float64), normalised)]
    for kind, name, stage in _plan(model, rectify=rectify)[1:]:
        value = made[-1].output
        output = _apply(kind, stage, model, value)
        _check_finite(output, name)
        made.append(Step(kind, name, stage, value, output))
    return tuple(made)


def step_names(model: Model, *, rectify: bool = True) -> list[str]:
    """Name the steps that `forward` takes, in order."""
    return [name for _, name, _ in _plan(model, rectify=rectify)]


def gradient_at(steps: Sequence[Step], model: Model, at_logits: Array, name: str) -> Array:
    """Find the gradient at the output of a step, by the chain rule from the logits back.

    Args:
        steps: What `forward` returned.
        model: The model.
        at_logits: The gradient at the logits, (classes,).
        name: Of the step.

    Returns:
        The shape of that step's output.
    """
    place = [step.name for step in steps].index(name)
    at_output = at_logits
    for step in reversed(steps[place + 1 : -1]):
        at_output = _back(step, model, at_output)
    return at_output


def kind_of(stage: Stage) -> Kind:
    """Tell which step a layer is."""
    match stage.layer:
        case Convolution():
            return "convolution"
        case Pooling(kind):
            return cast("Kind", f"{kind}_pooling")
        case FullConnection():
            return "full_connection"


def _plan(model: Model, *, rectify: bool) -> list[tuple[Kind, str, Stage | None]]:
    """Kind, name and layer of every step, from the image to softmax."""
    chain = model.stages()
    plan: list[tuple[Kind, str, Stage | None]] = [("image", "image", None)]
    for stage in chain:
        if stage.name == "full_connection_1":
            plan.append(("flattening", "flattening", None))
        plan.append((kind_of(stage), stage.name, stage))
        if rectify and stage is not chain[-1] and stage.weight_shapes:
            plan.append(("relu", f"{stage.name}.relu", None))
    return [*plan, ("softmax", "softmax", None)]


def _apply(kind: Kind, stage: Stage | None, model: Model, value: Array) -> Array:
    if stage is not None:
        return _through(stage, model, value)
    match kind:
        case "flattening":
            return flattening.forward(value)
        case "relu":
            return relu.forward(value)
        case _:
            return softmax.forward(value)


def _through(stage: Stage, model: Model, value: Array) -> Array:
    weights = [model.weights[name] for name in stage.weight_shapes]
    match stage.layer:
        case Convolution(_, _, stride, padding):
            return convolution.forward(value, *weights, stride=stride, padding=padding)
        case Pooling("max", window, stride, overhang):
            return max_pooling.forward(value, window, stride, overhang=overhang)
        case Pooling(_, window, stride, overhang):
            return average_pooling.forward(value, window, stride, overhang=overhang)
        case FullConnection():
            return full_connection.forward(value, *weights)


def _back(step: Step, model: Model, at_output: Array) -> Array:
    if step.kind == "relu":
        return relu.gradient(at_output, step.input)
    if step.kind == "flattening":
        return flattening.gradient(at_output, cast("tuple[int, int, int]", step.input.shape))
    stage = cast("Stage", step.stage)
    match stage.layer:
        case Convolution(_, _, stride, padding):
            filters = model.weights[f"{stage.name}.weight"]
            return convolution.gradient_at_maps(at_output, step.input, filters, stride, padding)
        case Pooling("max", window, stride, overhang):
            return max_pooling.gradient(at_output, step.input, window, stride, overhang=overhang)
        case Pooling(_, window, stride, overhang):
            return average_pooling.gradient(at_output, step.input, window, stride, overhang=overhang)
        case FullConnection():
            weights = model.weights[f"{stage.name}.weight"]
            return full_connection.gradient(at_output, step.input, weights).inputs


def _check_finite(output: Array, name: str) -> None:
    if not np.isfinite(output).all():
        raise NetworkError(
            f"the numbers of {name} grow beyond all bounds",
            why="its weights, or those before it, are too large",
            remedy="train the model again with a smaller --learning-rate",
        )
