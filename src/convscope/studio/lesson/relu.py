"""ReLU: negative values become zero."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from convscope.steps import full_connection, relu
from convscope.studio.lesson.exhibit import Stop, around, largest_at, line
from convscope.studio.lesson.question import CHANGES, Question, change, rounding
from convscope.walkthrough.numpy_chain import NUMPY_STEPS, forward

if TYPE_CHECKING:
    from convscope.steps.arrays import Array
    from convscope.studio.lesson.material import Material

_KINDS = ("relu",)
_FIRST, _SECOND = np.array([[1.0, 2.0], [0.0, 1.0]]), np.array([[3.0, 1.0], [1.0, -1.0]])
"""Two layers of two neurons each, with whole numbers."""


def exhibit(material: Material) -> tuple[Material, list[Stop]]:
    """Show the largest number of the map with the most negative one, which the questions ask about."""
    material, step = material.first(_KINDS)
    channel = largest_at(-step.input)[0]
    return material, [Stop(step=step.name, place=[channel, *largest_at(step.input[channel])])]


def questions(material: Material) -> tuple[Question, ...]:
    """Ask for the effect of ReLU on one value and its neighbours, and the effect of removing it."""
    _, step = material.first(_KINDS)
    channel, row, column = largest_at(-step.input)
    explained = relu.explain(step.input, channel=channel, row=row, column=column)
    grid = around("before ReLU", "input", step.input[channel], row, column)
    cells = [cell for cells in grid.rows for cell in cells if cell is not None]
    zeros = int((relu.forward(cells) == 0).sum())
    return (
        Question(
            "value",
            line("Before ReLU, the value is {}. What is it after ReLU?", explained.without),
            explained.result,
            (line("max(0, {})", explained.without),),
            within=rounding(explained.without),
            slips={
                explained.without: "That is the value as it was. ReLU lets only positive values through.",
                abs(explained.without): "ReLU does not change the sign: negative values become 0.",
            },
        ),
        Question(
            "count",
            line("How many of these {} values are 0 after ReLU?", len(cells)),
            zeros,
            (line("{} values, minus the {} that are positive", len(cells), len(cells) - zeros),),
            slips={len(cells) - zeros: "That is how many stay positive."},
            grids=(grid,),
        ),
        _left_out(material),
        _one_layer(),
    )


def _left_out(material: Material) -> Question:
    """Ask how the prediction changes if every ReLU passes everything."""
    before, after = float(material.probabilities[material.truth]), _without(material)
    return Question(
        "left-out",
        line(
            "Leave every ReLU out and keep all weights. What happens to the probability of the true class, "
            "{}?",
            material.model.classes[material.truth],
        ),
        change(before, after),
        (
            line("with ReLU: {}", before),
            line("without: {}", after),
            line(
                "The later layers have learned to read maps without negative numbers. Trained again, they "
                "would adapt; but see the next question for what such a network cannot do."
            ),
        ),
        options=CHANGES,
    )


def _without(material: Material) -> float:
    """Return the probability of the true class without any ReLU."""
    values: dict[str, Array] = {}
    for step in forward(material.model, material.pixels):
        inputs = tuple(values.get(name, step.inputs[at]) for at, name in enumerate(step.step.inputs))
        weights = [material.model.weights[name] for name in step.step.parameters]
        if step.kind in {"relu", "relu6"}:
            values[step.name] = inputs[0]
        elif step.kind == "image":
            values[step.name] = step.output
        else:
            values[step.name] = NUMPY_STEPS[step.step.family].forward(step.step, inputs, weights)
    return float(values[material.steps[-1].name][material.truth])


def _one_layer() -> Question:
    """Ask how many layers two layers are equivalent to without ReLU between them."""
    inputs, no_bias = np.array([1.0, 2.0]), np.zeros(2)
    hidden = full_connection.forward(inputs, _FIRST, no_bias)
    both = full_connection.forward(hidden, _SECOND, no_bias)
    merged = _SECOND @ _FIRST
    at_once = full_connection.forward(inputs, merged, no_bias)
    return Question(
        "one-layer",
        line(
            "Two layers of weighted sums follow each other, with no ReLU between them. Could a single "
            "layer of weighted sums give the same output for every input?"
        ),
        0 if np.array_equal(both, at_once) else 1,
        (
            line("with weights {} and {}, then {} and {}:", *map(str, (*_FIRST.tolist(), *_SECOND.tolist()))),
            line("the input 1, 2 gives first {}, {}, then {}, {}", *hidden.tolist(), *both.tolist()),
            line(
                "one layer with {} and {} gives {}, {} as well", *map(str, merged.tolist()), *at_once.tolist()
            ),
            ["A sum of sums is one sum. Only with ReLU between them are two layers more than one."],
        ),
        options=("yes, always", "no, two layers can do more"),
    )
