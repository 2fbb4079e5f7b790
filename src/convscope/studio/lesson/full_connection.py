"""Full connection: what speaks for a class and what against it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from convscope.steps import full_connection
from convscope.studio.lesson.exhibit import Choice, Exhibit, Line, Place, Table, added, line
from convscope.studio.lesson.question import Question, rounding

if TYPE_CHECKING:
    from convscope.steps.full_connection import Contribution, NeuronSum
    from convscope.studio.lesson.material import Material

_MOST_SHOWN = 5
_TO_ADD = 3


def exhibit(material: Material, place: Place) -> Exhibit:
    """The largest contributions to the logit of one class."""
    classes = material.model.classes
    (chosen,) = Place(place.channel).inside((len(classes),), (int(material.logits.argmax()),))
    found = _explain(material, chosen)
    return Exhibit(
        tables=[_table(_largest(found)[:_MOST_SHOWN], f"what counts most for the class {classes[chosen]}")],
        lines=_sum(found, _MOST_SHOWN),
        choice=Choice(label="class", options=[*classes], chosen=chosen),
    )


def questions(material: Material) -> tuple[Question, ...]:
    """One product, one logit, who speaks against, and how many weights there are."""
    classes, step = material.model.classes, material.steps[-2]
    best = int(material.logits.argmax())
    found = _explain(material, best)
    largest = _largest(found)
    top, rest = largest[:_TO_ADD], _rest(found, _TO_ADD)
    weights, bias = material.weights(step)
    neurons, inputs = weights.shape
    first = top[0]
    parts = [*(one.product for one in top), rest, found.bias]
    return (
        Question(
            "product",
            line(
                "The neuron of the class {} listens to input {} with the weight {}. The input is {}. "
                "What does it contribute?",
                *(classes[best], first.index, first.weight, first.input),
            ),
            first.product,
            (line("{} × {}", first.input, first.weight),),
            within=rounding(first.product),
            slips={
                first.input + first.weight: "That is their sum; a contribution is a product.",
                -first.product: "Look at the signs again.",
            },
        ),
        Question(
            "logit",
            line(
                "Its largest contributions are in the table. All the others come to {}, and the bias is {}. "
                "What is the logit of the class {}?",
                *(rest, found.bias, classes[best]),
            ),
            found.result,
            (added(parts),),
            within=rounding(*parts),
            slips={
                found.result - found.bias: "The bias is still missing.",
                found.result - rest: "The other contributions are still missing.",
            },
            tables=(_table(top, f"contributions to the class {classes[best]}"),),
        ),
        *_against(largest, classes[best]),
        Question(
            "parameters",
            line(
                "{} neurons listen to {} numbers each. How many weights and biases are that?", neurons, inputs
            ),
            weights.size + bias.size,
            (line("{} × {} + {}", neurons, inputs, neurons),),
            slips={
                weights.size: "Every neuron has a bias, too.",
                inputs + 1: "Every neuron has weights of its own.",
            },
        ),
    )


def _against(largest: list[Contribution], name: str) -> tuple[Question, ...]:
    """Three contributions, the largest, a middle and the smallest: which speaks most against the class?"""
    ordered = sorted((one for one in largest if one.product), key=lambda one: one.product)
    if len(ordered) < 3 or ordered[0].product >= 0:
        return ()
    chosen = sorted((ordered[0], ordered[len(ordered) // 2], ordered[-1]), key=lambda one: one.index)
    products = [one.product for one in chosen]
    return (
        Question(
            "against",
            [f"Before you compute: which of these inputs speaks most against the class {name}?"],
            int(np.argmin(products)),
            tuple(
                ["input ", one.index, ": ", one.input, " × ", one.weight, " = ", one.product]
                for one in chosen
            ),
            options=tuple(f"input {one.index}" for one in chosen),
            tables=(
                Table(
                    caption="inputs and weights",
                    head=["input", "number", "weight"],
                    rows=[[str(one.index), one.input, one.weight] for one in chosen],
                ),
            ),
        ),
    )


def _explain(material: Material, neuron: int) -> NeuronSum:
    step = material.steps[-2]
    return full_connection.explain(step.input, *material.weights(step), neuron=neuron)


def _largest(found: NeuronSum) -> list[Contribution]:
    return sorted(found.contributions, key=lambda one: -abs(one.product))


def _rest(found: NeuronSum, shown: int) -> float:
    return float(sum(one.product for one in _largest(found)[shown:]))


def _table(contributions: list[Contribution], caption: str) -> Table:
    return Table(
        caption=caption,
        head=["input", "number", "weight", "contribution"],
        rows=[[str(one.index), one.input, one.weight, one.product] for one in contributions],
    )


def _sum(found: NeuronSum, shown: int) -> list[Line]:
    first = float(sum(one.product for one in _largest(found)[:shown]))
    others = max(len(found.contributions) - shown, 0)
    return [
        line("these together: {}", first),
        line("the other {}: {}", others, _rest(found, shown)),
        line("bias: {}", found.bias),
        line("logit: {}", found.result),
    ]
