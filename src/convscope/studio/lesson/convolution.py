"""Convolution: a filter on a window, product by product."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from convscope.steps import convolution
from convscope.steps.windows import output_size
from convscope.studio.lesson.exhibit import (
    CHANNELS,
    Line,
    Stop,
    added,
    largest_at,
    line,
    number_grid,
    stop_at_middle,
    window_grid,
)
from convscope.studio.lesson.question import Question, rounding

if TYPE_CHECKING:
    from convscope.studio.lesson.material import Material
    from convscope.walkthrough.numpy_chain import ComputedStep

_KINDS = ("convolution",)


def exhibit(material: Material) -> tuple[Material, list[Stop]]:
    """Show the first convolution; the question asks about another cell than its middle."""
    material, step = material.first(_KINDS)
    return material, [stop_at_middle(step)]


def questions(material: Material) -> tuple[Question, ...]:
    """Ask for the value of a cell, the size of the feature map, and what the filter responds to."""
    material, step = material.first(_KINDS)
    channel, row, column = largest_at(step.output)
    first = _sum_of_window if len(step.input) == 1 else _sum_of_channels
    return (
        first(material, step, channel, row, column),
        _size(step),
        *_strongest(material, step, channel),
    )


def _sum_of_window(material: Material, step: ComputedStep, channel: int, row: int, column: int) -> Question:
    filters, _ = material.weights(step)
    total, windows = _explain(material, step, channel, row, column), step.step.windows
    turned = np.flip(filters[channel], (1, 2)).flat
    flipped = total.bias + sum(term.input * weight for term, weight in zip(total.terms, turned, strict=True))
    return Question(
        "sum",
        line(
            "Place the filter on the window, multiply each pair of numbers, and add up all products and the "
            "bias, {}. What is the value in the feature map?",
            total.bias,
        ),
        total.result,
        (
            *(_products(total, n, windows.size[1]) for n in range(windows.size[0])),
            line("the sum of all rows and the bias, {}", total.bias),
        ),
        within=rounding(*(term.product for term in total.terms), total.bias),
        slips={
            total.result - total.bias if total.bias else math.nan: "You left out the bias.",
            float(flipped): "That is the filter turned by 180°. A network uses it as it is.",
        },
        grids=(
            window_grid("window", step, 0, row, column),
            number_grid("filter", "weights", filters[channel, 0]),
        ),
    )


def _sum_of_channels(material: Material, step: ComputedStep, channel: int, row: int, column: int) -> Question:
    total = _explain(material, step, channel, row, column)
    named = zip(CHANNELS[len(step.input)], total.subtotals, strict=True)
    return Question(
        "sum",
        [
            "The products have been added up for each channel: ",
            *(piece for name, subtotal in named for piece in (f"{name} ", subtotal, ", ")),
            *line("and the bias is {}. What is the value in the feature map?", total.bias),
        ],
        total.result,
        (added([*total.subtotals, total.bias]),),
        within=rounding(*total.subtotals, total.bias),
        slips={total.result - total.bias if total.bias else math.nan: "You left out the bias."},
    )


def _size(step: ComputedStep) -> Question:
    windows = step.step.windows
    height, window = step.input.shape[1], windows.size[0]
    stride, padding = windows.stride[0], windows.padding[0]
    answer = step.output.shape[1]
    return Question(
        "size",
        line(
            "The input has {} rows. The filter has {} rows; the stride is {}, the padding {}. How many rows "
            "does the feature map have?",
            *(height, window, stride, padding),
        ),
        answer,
        (line("({} + 2 × {} − {}) / {}, rounded down, plus 1", height, padding, window, stride),),
        slips={
            answer - 1: "Count the first position too: add 1.",
            output_size(
                height, window, stride
            ): "You left out the padding: it makes room for more positions.",
        },
    )


def _strongest(material: Material, step: ComputedStep, channel: int) -> tuple[Question, ...]:
    """Ask which of three windows gives the largest value; the others give the median and the smallest."""
    feature_map = step.output[channel]
    order = np.argsort(feature_map, axis=None, kind="stable")
    cells = sorted(divmod(int(order[rank]), feature_map.shape[1]) for rank in (0, len(order) // 2, -1))
    values = [float(feature_map[cell]) for cell in cells]
    if len(set(values)) < 3:
        return ()
    filters, _ = material.weights(step)
    names = CHANNELS[len(step.input)]
    windows = [
        window_grid(f"window {n}, {name}", step, source, *cell)
        for n, cell in enumerate(cells, start=1)
        for source, name in enumerate(names)
    ]
    layers = [
        number_grid(f"filter, {name}", "weights", filters[channel, source])
        for source, name in enumerate(names)
    ]
    return (
        Question(
            "strongest",
            ["Without calculating: for which of these windows is the value largest?"],
            int(np.argmax(values)),
            tuple(line("window {} gives {}", n, value) for n, value in enumerate(values, start=1)),
            options=("window 1", "window 2", "window 3"),
            grids=(*layers, *windows),
        ),
    )


def _explain(
    material: Material, step: ComputedStep, channel: int, row: int, column: int
) -> convolution.ConvolutionSum:
    return convolution.explain(
        step.input, *material.weights(step), step.step.windows, channel=channel, row=row, column=column
    )


def _products(total: convolution.ConvolutionSum, row: int, width: int) -> Line:
    terms = total.terms[row * width : (row + 1) * width]
    pieces: Line = []
    for term in terms:
        pieces += [" + " if pieces else "", term.input, " × ", term.weight]
    return pieces
