"""Flattening: feature maps become one vector."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np

from convscope.steps import flattening, full_connection
from convscope.studio.lesson.exhibit import Stop, line
from convscope.studio.lesson.question import Question

if TYPE_CHECKING:
    from convscope.studio.lesson.material import Material

_KINDS = ("flattening",)


def exhibit(material: Material) -> tuple[Material, list[Stop]]:
    """Show a number that comes from the middle of the first map."""
    material, step = material.first(_KINDS)
    _, height, width = step.input.shape
    return material, [Stop(step=step.name, place=[height // 2 * width + width // 2])]


def questions(material: Material) -> tuple[Question, ...]:
    """Ask for the length of the vector, the positions of cells in it, and whether their order matters."""
    of, step = material.first(_KINDS)
    shape = cast("tuple[int, int, int]", step.input.shape)
    channels, height, width = shape
    channel, row, column = channels // 2, height // 2, width - 1
    index = flattening.index_of(channel, row, column, shape)
    below = flattening.index_of(0, min(1, height - 1), 0, shape) - flattening.index_of(0, 0, 0, shape)
    by_column = (channel * width + column) * height + row
    return (
        Question(
            "length",
            line(
                "The feature maps have the shape {} × {} × {} (maps × height × width). How many numbers does "
                "the vector have?",
                *shape,
            ),
            len(flattening.forward(step.input)),
            (line("{} × {} × {}", *shape),),
            slips={height * width: "That is one map only."},
        ),
        Question(
            "index",
            line(
                "Counting from 0, what is the index in the vector of map {}, row {}, column {}?",
                channel,
                row,
                column,
            ),
            index,
            (line("({} × {} + {}) × {} + {}", channel, height, row, width, column),),
            slips={
                index + 1: "The vector is counted from 0, too.",
                row * width + column: "The maps before this one come first.",
                by_column: "Maps are read row by row, not column by column.",
            },
        ),
        Question(
            "apart",
            ["Two cells lie one below the other in the same map. How far apart are they in the vector?"],
            below,
            (line("a whole row of {} cells lies between one and the next", width),),
            slips={1: "That is so for two cells beside each other in a row."} if below != 1 else {},
        ),
        _shuffled(of),
    )


def _shuffled(material: Material) -> Question:
    """Ask for the effect of another order of the vector, if the next layer's weights had the same order."""
    step = next(one for one in material.steps if one.kind == "full_connection")
    weights, bias = material.weights(step)
    order = np.random.default_rng(0).permutation(step.input.size)
    before = full_connection.forward(step.input, weights, bias)
    after = full_connection.forward(step.input[order], weights[:, order], bias)
    return Question(
        "shuffled",
        line(
            "Suppose flattening read the cells in another order, the same one for every picture, and the "
            "weights of the next layer were put in that order too. What would happen to the logits, the "
            "numbers that come out?"
        ),
        0 if np.allclose(before, after) else 1,
        (
            line("the first number was {}", float(before[0])),
            line("and is {}", float(after[0])),
            ["From here on the network no longer knows which cells were neighbours: that is what is lost."],
        ),
        options=("nothing", "they would be other numbers", "they would be put in another order"),
    )
