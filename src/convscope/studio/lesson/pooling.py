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
from convscope.studio.lesson.question import Question, order_of, rounding

if TYPE_CHECKING:
    from convscope.network.notation import Pooling
    from convscope.network.shapes import Stage
    from convscope.studio.lesson.material import Material
    from convscope.walkthrough.chain import Step

_KINDS = ("max_pooling", "average_pooling")


def exhibit(material: Material, place: Place) -> Exhibit:
    """One cell of a pooled map, and the window that it stands for."""
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
    """What a window gives, how small the map becomes, and what pooling forgets."""
    _, step = material.first(_KINDS)
    layer = _layer(step)
    channel, row, column = _liveliest(step)
    values = _values(step, channel, row, column)
    answer = float(step.output[channel, row, column])
    mean, largest = float(np.mean(values)), max(values)
    mistaken = (
        {mean: "That is the mean; max pooling keeps the largest."}
        if layer.kind == "max"
        else {largest: "That is the largest; average pooling gives the mean."}
    )
    return (
        Question(
            "value",
            [f"This is {layer.kind} pooling. Which number does the window give?"],
            answer,
            (_working(layer, values),),
            within=rounding(answer) / 2,
            slips={
                **mistaken,
                sum(values): "That is the sum of the window.",
                min(values): "That is the smallest.",
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
            f"The map has {{}} rows. The window has {{}} rows and stride {{}}; the last one {may} hang over "
            "the edge. How many rows are left?",
            *(height, window, stride),
        ),
        output_size(height, window, stride, overhang=layer.overhang),
        (line(f"({{}} − {{}}) / {{}}, rounded {rounded}, and 1 more", height, window, stride),),
        slips={
            other: f"Look at the last window: it {may} hang over the edge.",
            output_size(height, window): "That is with windows that move by one cell.",
        },
    )


def _forgotten(step: Step, channel: int, row: int, column: int) -> Question:
    """Halve all but the largest number of a window, and pool again."""
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
        ["Every number of that window but the largest is halved. What becomes of the result?"],
        order_of(before, float(after)),
        (line("it was {}", before), line("it is {}", float(after))),
        options=("it stays", "it becomes smaller", "it becomes larger"),
        grids=(_grid(step, channel, row, column),),
    )


def _liveliest(step: Step) -> tuple[int, int, int]:
    """The window whose numbers differ most."""
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
        return ["the largest of ", *(piece for value in values for piece in (value, ", "))][:-1]
    return ["(", *added(values), *line(") / {}", len(values))]
