"""Learning: the gradient, gradient descent of one weight, and backpropagation."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from pydantic import BaseModel, Field

from convscope.steps import cross_entropy, max_pooling, relu
from convscope.steps.windows import Windows
from convscope.studio.lesson.exhibit import Line, line, number_grid
from convscope.studio.lesson.question import CHANGES, PROBABILITY_ROUNDING, Question, change, rounding
from convscope.walkthrough.backward import largest_weights
from convscope.walkthrough.backward_document import WeightCurve  # noqa: TC001 - pydantic needs it
from convscope.walkthrough.descent import LossOf, reach_of, weight_curve
from convscope.walkthrough.numpy_chain import backward
from convscope.walkthrough.truth import TrueClass

if TYPE_CHECKING:
    from convscope.studio.lesson.material import Material

_CANDIDATES = 8
_PROBES = 11
_LOGITS = "Backpropagation starts here: probability − 1 for the true class, the probability for all others."
_PASSED = {
    "flattening": "The numbers of the vector, back in their places.",
    "max_pooling": "Max pooling has passed each gradient to the largest of its window; the others get 0.",
    "average_pooling": "Average pooling has shared each gradient equally among its window.",
    "relu": "Where ReLU gave 0, nothing passes: the gradient is 0.",
    "convolution": "Each cell gets gradient × weight from every sum that has read it.",
    "full_connection": "Each number gets gradient × weight from every neuron that has read it.",
}
"""What a step passes back to the step before it, by kind."""
_SHOWN = ("convolution", "relu", "max_pooling", "average_pooling")
_WINDOW = np.array([[1.0, 4.0], [3.0, 2.0]])
"""A pooling window in whole numbers."""


class GradientMap(BaseModel):
    """The gradient of the loss at a step's output: the map where it is largest, or the logits."""

    title: str
    text: str
    map: int | None = Field(description="Which map; null for logits.")
    classes: list[str] = Field(description="Of logits.")
    rows: list[list[float]]


class Learning(BaseModel):
    """Gradient descent of one weight, and the gradient at each step, from the last back to the first."""

    name: str = Field(description="Of the weight.")
    curve: WeightCurve
    back: list[GradientMap]


def illustration(material: Material) -> Learning:
    """Compute the loss as a function of one weight of the first convolution, and the backward pass."""
    material, step = material.first(("convolution",))
    _, curve = _descent(material)
    channel, source, row, column = curve.weight.place
    return Learning(
        name=f"weight of filter {channel} at row {row}, column {column}"
        + (f", channel {source}" if len(step.input) > 1 else ""),
        curve=curve,
        back=_gradient_maps(material),
    )


def questions(material: Material) -> tuple[Question, ...]:
    """Ask for a gradient, a descent step, the effect of a large step, and what ReLU and pooling pass back."""
    material, _ = material.first(("convolution",))
    loss_of, curve = _descent(material)
    return (
        _at_logit(material),
        _direction(loss_of, curve),
        _new_weight(curve),
        _too_far(curve),
        _silenced(),
        _winner(),
    )


def _at_logit(material: Material) -> Question:
    truth = material.truth
    probability = float(material.probabilities[truth])
    gradient = float(cross_entropy.gradient(material.logits, truth)[truth])
    return Question(
        "gradient",
        line(
            "The gradient says how fast the loss changes as a number grows: at a logit, it is the "
            "probability minus 1 for the true class, and the probability for every other. The true class, "
            "{}, has the probability {}. What is the gradient at its logit?",
            *(material.model.classes[truth], probability),
        ),
        gradient,
        (line("{} − 1", probability),),
        within=PROBABILITY_ROUNDING,
        slips={
            -gradient: "Check the sign: the loss falls as this logit grows.",
            probability: "That is the probability. For the true class, subtract 1.",
        },
    )


def _direction(loss_of: LossOf, curve: WeightCurve) -> Question:
    weight = curve.weight
    little = curve.descents[0].rate * abs(weight.gradient)
    up, down = (loss_of.loss([weight.value + change]) for change in (little, -little))
    return Question(
        "direction",
        line(
            "The gradient at one weight of the first convolution is {}. Must this weight become larger or "
            "smaller for the loss to fall?",
            weight.gradient,
        ),
        int(down < up),
        (
            line("a little larger, the loss is {}", up),
            line("a little smaller, it is {}", down),
            ["The gradient points uphill, so gradient descent goes the other way."],
        ),
        options=("larger", "smaller"),
    )


def _new_weight(curve: WeightCurve) -> Question:
    weight, descent = curve.weight, curve.descents[0]
    answer = descent.values[1][0]
    return Question(
        "step",
        line(
            "This weight is {}, its gradient is {}, and the learning rate is {}. What is the weight after "
            "one step of gradient descent?",
            *(weight.value, weight.gradient, descent.rate),
        ),
        answer,
        (_step(weight.value, descent.rate, weight.gradient),),
        within=rounding(weight.value, descent.rate * weight.gradient),
        slips={
            weight.value + descent.rate * weight.gradient: "That is uphill: subtract.",
            weight.value - weight.gradient: "You left out the learning rate.",
        },
    )


def _too_far(curve: WeightCurve) -> Question:
    large = curve.descents[-1]
    return Question(
        "too-far",
        line(
            "Take the learning rate {} instead. What happens to the loss in one step?",
            large.rate,
        ),
        change(large.losses[0], large.losses[1]),
        (
            _step(large.values[0][0], large.rate, large.gradients[0][0]),
            line("the loss was {} and becomes {}", *large.losses[:2]),
            ["The gradient only tells the slope here. A step that is too long lands on the other side."],
        ),
        options=CHANGES,
    )


def _silenced() -> Question:
    given, arriving = -2.0, 3.0
    passed = float(relu.gradient([[[arriving]]], [[[given]]])[0, 0, 0])
    return Question(
        "silenced",
        line(
            "The gradient {} comes back to a ReLU whose input was {}. What does it pass on to the "
            "convolution before it?",
            *(arriving, given),
        ),
        passed,
        (
            line("the output was max(0, {}) = 0", given),
            ["A slightly different input would still give 0: the loss does not depend on it."],
        ),
        slips={arriving: "That is so for a positive input.", given: "That is the input, not its gradient."},
    )


def _winner() -> Question:
    windows = Windows((2, 2), (2, 2))
    passed = max_pooling.gradient([[[1.0]]], [_WINDOW], windows)[0]
    return Question(
        "winner",
        ["A gradient comes back to max pooling. Which cell of this window gets it?"],
        int(passed.argmax()),
        (
            line("each cell gets {}, {}, {}, {} of it", *passed.flat),
            ["Only a change of the largest value changes the output."],
        ),
        options=(*(f"the cell with {value:g}" for value in _WINDOW.flat), "each gets a quarter"),
        grids=(number_grid("window", "input", _WINDOW),),
    )


@lru_cache(maxsize=8)
def _descent(material: Material) -> tuple[LossOf, WeightCurve]:
    """Compute the loss along one weight: of those with large gradients, the one with the best valley."""
    step = next(one for one in material.steps if one.kind == "convolution")
    name = f"{step.name}.weight"
    at_logits = cross_entropy.gradient(material.logits, material.truth)
    gradients = backward(material.steps, material.model, at_logits)[step.name].at_parameters[name]
    losses = [
        LossOf(material.steps, material.model, TrueClass(material.truth), ((name, place),))
        for place in largest_weights(gradients, _CANDIDATES)
    ]
    chosen = max(losses, key=_steepness)
    return chosen, weight_curve(chosen)


def _steepness(loss_of: LossOf) -> float:
    """Score how high a weight is above its valley, and how close to the minimum; 0 without a valley."""
    reach, has_valley = reach_of(loss_of)
    if not has_valley:
        return 0.0
    curve = weight_curve(loss_of, points=_PROBES, steps=0)
    here, lowest, highest = loss_of.loss(loss_of.now()), min(curve.losses), max(curve.losses)
    return (here - lowest) / (highest - lowest) / reach


def _gradient_maps(material: Material) -> list[GradientMap]:
    at_logits = cross_entropy.gradient(material.logits, material.truth)
    passed = backward(material.steps, material.model, at_logits)
    readers = {name: step.kind for step in material.steps for name in step.step.inputs}
    logits = material.steps[-2]
    maps = [
        GradientMap(
            title=f"{logits.step.title}: logits",
            text=_LOGITS,
            map=None,
            classes=[*material.model.classes],
            rows=[at_logits.tolist()],
        )
    ]
    for step in reversed(material.steps):
        gradient = passed[step.name].at_output if step.name in passed else np.zeros(0)
        text = _PASSED.get(readers.get(step.name, ""))
        if step.kind not in _SHOWN or text is None or gradient.ndim != 3:
            continue
        largest = int(np.abs(gradient).sum(axis=(1, 2)).argmax())
        rows = gradient[largest].round(9).tolist()
        maps.append(GradientMap(title=step.step.title, text=text, map=largest, classes=[], rows=rows))
    return maps


def _step(value: float, rate: float, gradient: float) -> Line:
    return line("{} − {} × {}", value, rate, gradient)
