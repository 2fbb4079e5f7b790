"""ReLU: negative values become zero."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convscope.steps import relu
from convscope.studio.lesson.exhibit import Stop, around, largest_at, line, stop_at_middle
from convscope.studio.lesson.question import Question, rounding

if TYPE_CHECKING:
    from convscope.studio.lesson.material import Material

_KINDS = ("relu",)
_GUESS = 10.0
"""An estimated percentage is correct within this many points."""


def exhibit(material: Material) -> tuple[Material, list[Stop]]:
    """Show the map with the most negative number."""
    material, step = material.first(_KINDS)
    channel, _, _ = largest_at(-step.input)
    return material, [stop_at_middle(step, channel)]


def questions(material: Material) -> tuple[Question, ...]:
    """Ask what ReLU does to one value, to those around it, and to all."""
    _, step = material.first(_KINDS)
    channel, row, column = largest_at(-step.input)
    explained = relu.explain(step.input, channel=channel, row=row, column=column)
    grid = around("without ReLU", "input", step.input[channel], row, column)
    cells = [cell for cells in grid.rows for cell in cells if cell is not None]
    zeros = int((relu.forward(cells) == 0).sum())
    share = 100 * float((step.output == 0).mean())
    return (
        Question(
            "value",
            line("Without ReLU, the value is {}. What is it with ReLU?", explained.without),
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
            line("How many of these {} values are 0 with ReLU?", len(cells)),
            zeros,
            (line("{} values, minus the {} that are positive", len(cells), len(cells) - zeros),),
            slips={len(cells) - zeros: "That is how many stay positive."},
            grids=(grid,),
        ),
        Question(
            "share",
            line(
                "Estimate: what percentage of all {} values of this step is 0 with ReLU? "
                "Within 10 points is close enough.",
                step.output.size,
            ),
            share,
            (line("{} of {}", int((step.output == 0).sum()), step.output.size),),
            within=_GUESS,
            unit="%",
        ),
    )
