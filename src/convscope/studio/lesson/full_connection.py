"""Full connection: the inputs that raise and lower the logit of a class."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from convscope.steps import full_connection, softmax
from convscope.studio.lesson.exhibit import Stop, Table, added, line
from convscope.studio.lesson.question import Question, change, rounding

if TYPE_CHECKING:
    from convscope.steps.full_connection import Contribution
    from convscope.studio.lesson.material import Material

_TO_ADD = 3


def exhibit(material: Material) -> tuple[Material, list[Stop]]:
    """Show the output layer at the second most probable class; questions ask about the first."""
    second = int(np.argsort(material.logits)[-2])
    return material, [Stop(step=material.steps[-2].name, place=[second])]


def questions(material: Material) -> tuple[Question, ...]:
    """Ask for a contribution, a logit, what lowers it most, and the effect of smaller or larger weights."""
    classes = material.model.classes
    best = int(material.logits.argmax())
    step = material.steps[-2]
    total = full_connection.explain(step.input, *material.weights(step), neuron=best)
    largest = sorted(total.contributions, key=lambda term: -abs(term.product))
    top, rest = largest[:_TO_ADD], float(sum(term.product for term in largest[_TO_ADD:]))
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
            is_hidden=True,
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
            is_hidden=True,
            slips={
                total.result - total.bias: "You left out the bias.",
                total.result - rest: "You left out the other contributions.",
            },
            tables=(_table(top, f"largest contributions to the logit of {classes[best]}"),),
        ),
        *_against(largest, classes[best]),
        _removed(material, best, first),
        _doubled(material, best),
    )


def _removed(material: Material, best: int, first: Contribution) -> Question:
    """Ask whether the prediction depends only on its largest contribution."""
    step = material.steps[-2]
    inputs = step.input.copy()
    inputs[first.index] = 0
    logits = full_connection.forward(inputs, *material.weights(step))
    classes, after = material.model.classes, int(logits.argmax())
    return Question(
        "removed",
        line(
            "Set input {}, which contributes most, to 0. Is {} still the class with the largest logit?",
            *(first.index, classes[best]),
        ),
        int(after != best),
        (
            line(
                "the logit of {} falls from {} to {}",
                classes[best],
                float(material.logits[best]),
                float(logits[best]),
            ),
            line("the largest is then that of {}, {}", classes[after], float(logits[after])),
            ["The evidence for a class is spread over many inputs."]
            if after == best
            else ["The answer depends on this one input."],
        ),
        options=("yes", "no"),
    )


def _doubled(material: Material, best: int) -> Question:
    """Ask how doubling the weights and biases of the output layer changes the prediction."""
    doubled = softmax.forward(2 * material.logits)
    same = int(doubled.argmax()) == best
    surer = change(float(material.probabilities[best]), float(doubled[best])) == 2
    return Question(
        "doubled",
        ["Double all weights and biases of this layer. What happens to the network's answer?"],
        1 if same and surer else 0 if same else 2,
        (
            line(
                "all logits are doubled: that of {} becomes {}",
                material.model.classes[best],
                2 * float(material.logits[best]),
            ),
            line(
                "its probability was {} and becomes {}",
                float(material.probabilities[best]),
                float(doubled[best]),
            ),
            ["Large weights make a network sure of itself, right or wrong."],
        ),
        options=("nothing at all", "the same class, with more confidence", "another class"),
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


def _table(contributions: list[Contribution], caption: str) -> Table:
    return Table(
        caption=caption,
        head=["input", "value", "weight", "contribution"],
        rows=[[str(term.index), term.input, term.weight, term.product] for term in contributions],
    )
