"""ReLU: what is below zero becomes zero."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from convscope.steps import relu
from convscope.studio.lesson.exhibit import Choice, Exhibit, Place, around, line, signed_map
from convscope.studio.lesson.question import Question, rounding

if TYPE_CHECKING:
    from convscope.studio.lesson.material import Material

_KINDS = ("relu",)
_GUESS = 10.0
"""A guess at a percentage is right within so many points."""


def exhibit(material: Material, place: Place) -> Exhibit:
    """A map without and with ReLU, and one cell of it."""
    _, step = material.first(_KINDS)
    shape = step.output.shape
    liveliest = int(step.input.min(axis=(1, 2)).argmin())
    channel, row, column = place.inside(shape, (liveliest, shape[1] // 2, shape[2] // 2))
    found = relu.explain(step.input, channel=channel, row=row, column=column)
    return Exhibit(
        maps=[
            signed_map("without ReLU", "input", step.input[channel], at=(row, column)),
            signed_map("with ReLU", "output", step.output[channel], at=(row, column)),
        ],
        grids=[
            around("without ReLU", "input", step.input[channel], row, column),
            around("with ReLU", "output", step.output[channel], row, column),
        ],
        lines=[line("max(0, {}) = {}", found.without, found.result)],
        choice=Choice(label="map", options=[str(n) for n in range(shape[0])], chosen=channel),
    )


def questions(material: Material) -> tuple[Question, ...]:
    """What becomes of one number, of those around it, and of all."""
    _, step = material.first(_KINDS)
    channel, row, column = (int(n) for n in np.unravel_index(step.input.argmin(), step.input.shape))
    found = relu.explain(step.input, channel=channel, row=row, column=column)
    grid = around("without ReLU", "input", step.input[channel], row, column)
    cells = [cell for cells in grid.rows for cell in cells if cell is not None]
    silent = int((relu.forward(cells) == 0).sum())
    share = 100 * float((step.output == 0).mean())
    return (
        Question(
            "value",
            line("The filter's sum is {}. What does ReLU make of it?", found.without),
            found.result,
            (line("the larger of 0 and {}", found.without),),
            within=rounding(found.without),
            slips={
                found.without: "That is the number as it was: ReLU lets only positive numbers through.",
                abs(found.without): "ReLU does not turn the sign round: what is negative becomes 0.",
            },
        ),
        Question(
            "count",
            line("How many of these {} numbers are 0 afterwards?", len(cells)),
            silent,
            (line("{} numbers, less {} that are larger than 0", len(cells), len(cells) - silent),),
            slips={len(cells) - silent: "That is how many stay as they are."},
            grids=(grid,),
        ),
        Question(
            "share",
            line(
                "Guess: of all {} numbers of this step, how many per cent are 0 afterwards? "
                "Ten points off is good enough.",
                step.output.size,
            ),
            share,
            (line("{} of {}", int((step.output == 0).sum()), step.output.size),),
            within=_GUESS,
            unit="%",
        ),
    )
