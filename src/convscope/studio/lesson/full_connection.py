"""Full connection: what raises the logit of a class, and what lowers it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from convscope.steps import full_connection
from convscope.studio.lesson.exhibit import Stop, Table, added, line
from convscope.studio.lesson.question import Question, rounding

if TYPE_CHECKING:
    from convscope.steps.full_connection import Contribution, NeuronSum
    from convscope.studio.lesson.material import Material

_MOST_SHOWN = 5
_TO_ADD = 3


def exhibit(material: Material) -> tuple[Material, list[Stop]]:
    """Show the output layer at the second most probable class; questions ask about the first."""
    second = int(np.argsort(material.logits)[-2])
    return material, [Stop(step=material.steps[-2].name, place=[second])]


def questions(material: Material) -> tuple[Question, ...]:
    """Ask for a contribution, a logit, the input that lowers it most, and the number of parameters."""
    classes, step = material.model.classes, material.steps[-2]
    best = int(material.logits.argmax())
    total = _explain(material, best)
    largest = _largest(total)
    top, rest = largest[:_TO_ADD], _rest(total, _TO_ADD)
    weights, bias = material.weights(step)
    neurons, inputs = weights.shape
    first = top[0]
    parts = [*(term.product for term in top), rest, total.bias]
    return (
        Question(
            "product",
            line(
                "The neuron of the class {} has, for input {}, the weight {}. The value of the input is {}. "
                "What does it contribute to the logit?",
                *(classes[best], first.index, first.weight, first.input),
            ),
            first.product,
            (line("{} × {}", first.input, first.weight),),
            within=rounding(first.product),
            slips={
                first.input + first.weight: "That is the sum. A contribution is the product.",
                -first.product: "Check the sign.",
            },
        ),
        Question(
            "logit",
            line(
                "The table has the largest contributions. All others add up to {}, and the bias is {}. "
                "What is the logit of the class {}?",
                *(rest, total.bias, classes[best]),
            ),
            total.result,
            (added(parts),),
            within=rounding(*parts),
            slips={
                total.result - total.bias: "You left out the bias.",
                total.result - rest: "You left out the other contributions.",
            },
            tables=(_table(top, f"largest contributions to the logit of {classes[best]}"),),
        ),
        *_against(largest, classes[best]),
        Question(
            "parameters",
            line(
                "There are {} neurons with {} inputs each. How many weights and biases do they have?",
                *(neurons, inputs),
            ),
            weights.size + bias.size,
            (line("{} × {} + {}", neurons, inputs, neurons),),
            slips={
                weights.size: "Each neuron also has a bias.",
                inputs + 1: "Each neuron has its own weights.",
            },
        ),
    )


def _against(largest: list[Contribution], name: str) -> tuple[Question, ...]:
    """Ask which of three inputs lowers the logit most: those with the largest, median, smallest product."""
    ordered = sorted((term for term in largest if term.product), key=lambda term: term.product)
    if len(ordered) < 3 or ordered[0].product >= 0:
        return ()
    chosen = sorted((ordered[0], ordered[len(ordered) // 2], ordered[-1]), key=lambda term: term.index)
    products = [term.product for term in chosen]
    return (
        Question(
            "against",
            [f"Without calculating: which of these inputs lowers the logit of {name} most?"],
            int(np.argmin(products)),
            tuple(
                ["input ", term.index, ": ", term.input, " × ", term.weight, " = ", term.product]
                for term in chosen
            ),
            options=tuple(f"input {term.index}" for term in chosen),
            tables=(
                Table(
                    caption="inputs and weights",
                    head=["input", "value", "weight"],
                    rows=[[str(term.index), term.input, term.weight] for term in chosen],
                ),
            ),
        ),
    )


def _explain(material: Material, neuron: int) -> NeuronSum:
    step = material.steps[-2]
    return full_connection.explain(step.input, *material.weights(step), neuron=neuron)


def _largest(total: NeuronSum) -> list[Contribution]:
    return sorted(total.contributions, key=lambda term: -abs(term.product))


def _rest(total: NeuronSum, shown: int) -> float:
    return float(sum(term.product for term in _largest(total)[shown:]))


def _table(contributions: list[Contribution], caption: str) -> Table:
    return Table(
        caption=caption,
        head=["input", "value", "weight", "contribution"],
        rows=[[str(term.index), term.input, term.weight, term.product] for term in contributions],
    )
