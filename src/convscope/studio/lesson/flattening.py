"""Flattening: feature maps become one vector."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from convscope.steps import flattening
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
    """Ask for the length of the vector, the index of a cell, and the cell of an index."""
    _, step = material.first(_KINDS)
    shape = cast("tuple[int, int, int]", step.input.shape)
    channels, height, width = shape
    channel, row, column = channels // 2, height // 2, width - 1
    index = flattening.index_of(channel, row, column, shape)
    other = (2 * step.output.size) // 3
    back = flattening.cell_at(other, shape)
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
            "back",
            line(
                "In reverse: which row of its map does element {} of the vector come from, counting from 0?",
                other,
            ),
            back[1],
            (
                line("{} / {}, rounded down, is {}", other, width, other // width),
                line("the remainder of {} / {}", other // width, height),
            ),
            slips={
                other // width: "That counts the rows of all maps.",
                back[2]: "That is the column, not the row.",
            },
        ),
    )
