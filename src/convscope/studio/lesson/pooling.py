"""Pooling: one number for every window."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np

from convscope.steps import average_pooling, max_pooling
from convscope.steps.windows import Windows, output_size
from convscope.studio.lesson.exhibit import (
    Choice,
    Exhibit,
    Grid,
    Line,
    Place,
    Rectangle,
    added,
    line,
    signed_map,
    window_grid,
)
from convscope.studio.lesson.question import CHANGES, Question, change, rounding

if TYPE_CHECKING:
    from convscope.network.notation import Pooling
    from convscope.network.shapes import Stage
    from convscope.studio.lesson.material import Material
    from convscope.walkthrough.chain import Step

_KINDS = ("max_pooling", "average_pooling")


def exhibit(material: Material, place: Place) -> Exhibit:
    """Show one cell of a pooled map, and its window."""
    _, step = material.first(_KINDS)
    layer, shape = _layer(step), step.output.shape
    channel, row, column = place.inside(shape, (0, shape[1] // 2, shape[2] // 2))
    window = Rectangle(
        top=row * layer.stride[0],
        left=column * layer.stride[1],
        height=layer.window[0],
        width=layer.window[1],
    )
    values = _values(step, channel, row, column)
    return Exhibit(
        maps=[
            signed_map("before pooling", "input", step.input[channel], window=window),
            signed_map("after pooling", "output", step.output[channel], at=(row, column)),
        ],
        grids=[_grid(step, channel, row, column)],
        lines=[[*_working(layer, values), " = ", float(step.output[channel, row, column])]],
        choice=Choice(label="map", options=[str(n) for n in range(shape[0])], chosen=channel),
    )


def questions(material: Material) -> tuple[Question, ...]:
    """Ask for the value of a window, the size of the pooled map, and what pooling discards."""
    _, step = material.first(_KINDS)
    layer = _layer(step)
    channel, row, column = _most_varied(step)
    values = _values(step, channel, row, column)
    answer = float(step.output[channel, row, column])
    mean, largest = float(np.mean(values)), max(values)
    mistaken = (
        {mean: "That is the mean. Max pooling takes the maximum."}
        if layer.kind == "max"
        else {largest: "That is the maximum. Average pooling takes the mean."}
    )
    return (
        Question(
            "value",
            [f"This is {layer.kind} pooling. What is the value of this window?"],
            answer,
            (_working(layer, values),),
            within=rounding(answer) / 2,
            slips={
                **mistaken,
                sum(values): "That is the sum of the window.",
                min(values): "That is the minimum.",
            },
            grids=(_grid(step, channel, row, column),),
        ),
        _size(step),
        _forgotten(step, channel, row, column),
    )


def _size(step: Step) -> Question:
    layer = _layer(step)
    height, window, stride = step.input.shape[1], layer.window[0], layer.stride[0]
    may, rounded = ("may", "up") if layer.overhang else ("may not", "down")
    other = output_size(height, window, stride, overhang=not layer.overhang)
    return Question(
        "size",
        line(
            f"The feature map has {{}} rows. The window has {{}} rows; the stride is {{}}. The last window "
            f"{may} extend past the edge. How many rows does the pooled map have?",
            *(height, window, stride),
        ),
        output_size(height, window, stride, overhang=layer.overhang),
        (line(f"({{}} − {{}}) / {{}}, rounded {rounded}, plus 1", height, window, stride),),
        slips={
            other: f"The last window {may} extend past the edge: round {rounded}.",
            output_size(height, window): "That is the size with stride 1.",
        },
    )


def _forgotten(step: Step, channel: int, row: int, column: int) -> Question:
    """Ask what happens if all values of a window but the maximum are halved."""
    layer = _layer(step)
    cells = Windows(layer.window, layer.stride, overhang=layer.overhang).read(
        step.input, channel=channel, row=row, column=column
    )
    inside = [cell for cell in cells if cell.value is not None]
    largest = max(inside, key=lambda cell: cast("float", cell.value))
    changed = step.input.copy()
    for cell in inside:
        if cell != largest:
            changed[channel, cell.row, cell.column] /= 2
    before = float(step.output[channel, row, column])
    pool = max_pooling if layer.kind == "max" else average_pooling
    after = pool.forward(changed, layer.window, layer.stride, overhang=layer.overhang)[channel, row, column]
    return Question(
        "forgotten",
        ["Every value of the window except the maximum is halved. What happens to the result?"],
        change(before, float(after)),
        (line("it was {}", before), line("it is {}", float(after))),
        options=CHANGES,
        grids=(_grid(step, channel, row, column),),
    )


def _most_varied(step: Step) -> tuple[int, int, int]:
    """Return the window whose values differ most."""
    layer = _layer(step)
    windows = Windows(layer.window, layer.stride, overhang=layer.overhang)
    spread = np.ptp(windows.slide(step.input), axis=(3, 4))
    channel, row, column = (int(n) for n in np.unravel_index(spread.argmax(), spread.shape))
    return channel, row, column


def _layer(step: Step) -> Pooling:
    return cast("Pooling", cast("Stage", step.stage).layer)


def _grid(step: Step, channel: int, row: int, column: int) -> Grid:
    layer = _layer(step)
    windows = Windows(layer.window, layer.stride, overhang=layer.overhang)
    cells = windows.read(step.input, channel=channel, row=row, column=column)
    return window_grid("window", cells, layer.window[1])


def _values(step: Step, channel: int, row: int, column: int) -> list[float]:
    return [value for cells in _grid(step, channel, row, column).rows for value in cells if value is not None]


def _working(layer: Pooling, values: list[float]) -> Line:
    if layer.kind == "max":
        return ["the maximum of ", *(piece for value in values for piece in (value, ", "))][:-1]
    return ["(", *added(values), *line(") / {}", len(values))]
