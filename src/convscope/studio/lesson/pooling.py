"""Pooling: one number for every window."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np

from convscope.steps import POOLINGS
from convscope.steps.windows import output_size
from convscope.studio.lesson.exhibit import (
    Grid,
    Line,
    Stop,
    added,
    largest_at,
    line,
    window_grid,
)
from convscope.studio.lesson.question import CHANGES, Question, change, rounding
from convscope.studio.lesson.shifting import after_shift, changed

if TYPE_CHECKING:
    from convscope.studio.lesson.material import Material
    from convscope.walkthrough.numpy_chain import ComputedStep

_KINDS = ("max_pooling", "average_pooling")


def exhibit(material: Material) -> tuple[Material, list[Stop]]:
    """Show the window of the first pooling whose values differ most, about which the question asks."""
    material, step = material.first(_KINDS)
    return material, [Stop(step=step.name, place=[*_most_varied(step)])]


def questions(material: Material) -> tuple[Question, ...]:
    """Ask for a pooled value, the size of the pooled map, what is discarded, and the effect of a shift."""
    of, step = material.first(_KINDS)
    channel, row, column = _most_varied(step)
    grid = window_grid("window", step, channel, row, column)
    values = _values(grid)
    answer = float(step.output[channel, row, column])
    mean, largest = float(np.mean(values)), max(values)
    mistaken = (
        {mean: "That is the mean. Max pooling takes the maximum."}
        if step.kind == "max_pooling"
        else {largest: "That is the maximum. Average pooling takes the mean."}
    )
    return (
        Question(
            "value",
            [f"This is {step.step.title}. What is the value of this window?"],
            answer,
            (_working(step, values),),
            within=rounding(answer) / 2,
            is_hidden=True,
            slips={
                **mistaken,
                sum(values): "That is the sum of the window.",
                min(values): "That is the minimum.",
            },
            grids=(grid,),
        ),
        _size(step),
        _forgotten(step, grid, channel, row, column),
        _moved(of, step),
    )


def _size(step: ComputedStep) -> Question:
    windows = step.step.windows
    height, window, stride = step.input.shape[1], windows.size[0], windows.stride[0]
    may, rounded = ("may", "up") if windows.overhang else ("may not", "down")
    other = output_size(height, window, stride, overhang=not windows.overhang)
    return Question(
        "size",
        line(
            f"The feature map has {{}} rows. The window has {{}} rows; the stride is {{}}. The last window "
            f"{may} extend past the edge. How many rows does the pooled map have?",
            *(height, window, stride),
        ),
        step.output.shape[1],
        (line(f"({{}} − {{}}) / {{}}, rounded {rounded}, plus 1", height, window, stride),),
        slips={
            other: f"The last window {may} extend past the edge: round {rounded}.",
            output_size(height, window): "That is the size with stride 1.",
        },
    )


def _forgotten(step: ComputedStep, grid: Grid, channel: int, row: int, column: int) -> Question:
    """Ask what happens if all values of a window but the maximum are halved."""
    windows = step.step.windows
    cells = windows.read(step.input, channel=channel, row=row, column=column)
    inside = [cell for cell in cells if cell.value is not None]
    largest = max(inside, key=lambda cell: cast("float", cell.value))
    changed = step.input.copy()
    for cell in inside:
        if cell != largest:
            changed[channel, cell.row, cell.column] /= 2
    before = float(step.output[channel, row, column])
    after = POOLINGS[step.kind].forward(changed, windows)[channel, row, column]
    return Question(
        "forgotten",
        ["Every value of the window except the maximum is halved. What happens to the result?"],
        change(before, float(after)),
        (line("it was {}", before), line("it is {}", float(after))),
        options=CHANGES,
        grids=(grid,),
    )


def _moved(material: Material, step: ComputedStep) -> Question:
    """Ask how pooling changes the difference caused by a shift of the picture by one pixel."""
    moved = after_shift(material, step, 1)
    before, after = (
        100 * changed(new, old) for new, old in ((moved.input, step.input), (moved.output, step.output))
    )
    return Question(
        "moved",
        line(
            "Move the picture one pixel to the right. Compare how much the numbers change, as a share of "
            "their sum: does pooling make that share smaller?"
        ),
        int(after >= before),
        (
            line("before pooling, the numbers change by {} %", before),
            line("after pooling, they change by {} %", after),
            ["A feature that moves inside its window leaves the maximum as it was."],
        ),
        options=("yes, after pooling less has changed", "no, at least as much has changed"),
    )


def _most_varied(step: ComputedStep) -> tuple[int, ...]:
    """Return the window whose values differ most."""
    return largest_at(np.ptp(step.step.windows.slide(step.input), axis=(3, 4)))


def _values(grid: Grid) -> list[float]:
    return [value for row in grid.rows for value in row if value is not None]


def _working(step: ComputedStep, values: list[float]) -> Line:
    if step.kind == "max_pooling":
        return ["the maximum of ", *(piece for value in values for piece in (value, ", "))][:-1]
    return ["(", *added(values), *line(") / {}", len(values))]
