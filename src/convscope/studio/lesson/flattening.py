"""Flattening: maps become one column."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from convscope.steps import flattening
from convscope.studio.lesson.exhibit import Choice, Exhibit, Place, around, line, signed_map
from convscope.studio.lesson.question import Question

if TYPE_CHECKING:
    from convscope.studio.lesson.material import Material

_KINDS = ("flattening",)


def exhibit(material: Material, place: Place) -> Exhibit:
    """A cell of a map, and where it stands in the column."""
    _, step = material.first(_KINDS)
    channels, height, width = step.input.shape
    channel, row, column = place.inside(step.input.shape, (0, height // 2, width // 2))
    index = flattening.index_of(channel, row, column, (channels, height, width))
    found = flattening.explain(step.input, index=index)
    return Exhibit(
        maps=[signed_map(f"map {channel}, counted from 0", "input", step.input[channel], at=(row, column))],
        grids=[around("around the cell", "input", step.input[channel], row, column)],
        lines=[
            line("({} × {} + {}) × {} + {} = {}", channel, height, row, width, column, index),
            line("number {} of the column is {}", index, found.result),
        ],
        choice=Choice(label="map", options=[str(n) for n in range(channels)], chosen=channel),
    )


def questions(material: Material) -> tuple[Question, ...]:
    """How long the column is, where a cell goes, and where a number came from."""
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
            line("The shape is {} × {} × {} (maps × height × width). How long is the column?", *shape),
            len(flattening.forward(step.input)),
            (line("{} × {} × {}", *shape),),
            slips={height * width: "That is one map; there are more."},
        ),
        Question(
            "index",
            line(
                "Counted from 0: at which place of the column is map {}, row {}, column {}?",
                channel,
                row,
                column,
            ),
            index,
            (line("({} × {} + {}) × {} + {}", channel, height, row, width, column),),
            slips={
                index + 1: "The column is counted from 0 as well.",
                row * width + column: "The maps before it come first.",
                by_column: "Maps are read row by row, not column by column.",
            },
        ),
        Question(
            "back",
            line("And back: from which row of its map is number {} of the column, counted from 0?", other),
            back[1],
            (
                line("{} / {}, rounded down, is {}", other, width, other // width),
                line("what is left of {} after taking {} away as often as it goes", other // width, height),
            ),
            slips={
                other // width: "That counts the rows of all maps together.",
                back[2]: "That is the column, not the row.",
            },
        ),
    )
