"""Convolution: a filter on a window, first with whole numbers, then with the learned weights."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from convscope.steps import convolution
from convscope.steps.windows import output_size
from convscope.studio.lesson import by_hand
from convscope.studio.lesson.exhibit import Line, Stop, added, largest_at, line, number_grid, shifted
from convscope.studio.lesson.question import Question

if TYPE_CHECKING:
    from convscope.steps.arrays import Array
    from convscope.studio.lesson.material import Material
    from convscope.walkthrough.numpy_chain import ComputedStep

_KINDS = ("convolution",)
_LINE = by_hand.LINE_FILTER
_SUMMED = (3, 1)
"""The cell of the smiley's feature map to compute; it is not one of those to compare."""


def exhibit(material: Material) -> tuple[Material, list[Stop]]:
    """Show the largest number of the first convolution."""
    material, step = material.first(_KINDS)
    return material, [Stop(step=step.name, place=[*largest_at(step.output)])]


def questions(material: Material) -> tuple[Question, ...]:
    """Ask for a sum, the pattern of a filter, the size of a map, and the effects of doubling and shifting."""
    material, step = material.first(_KINDS)
    return (_sum(), _strongest(), _size(step), _doubled(material, step), _moved(material, step))


def _sum() -> Question:
    """Ask for one number of the smiley's feature map."""
    window = by_hand.window_at(*_SUMMED)
    answer = float(by_hand.line_map()[_SUMMED])
    turned = float((window * np.flip(_LINE)).sum())
    return Question(
        "sum",
        line(
            "Whole numbers first. Place the filter on the window of a small black and white drawing, "
            "multiply each pixel by the weight that lies on it, and add up the nine products. What is the "
            "sum?"
        ),
        answer,
        (
            *(_products(row, weights) for row, weights in zip(window, _LINE, strict=True)),
            added((window * _LINE).sum(axis=1).tolist()),
        ),
        slips={
            float(window.sum()): "That is the sum of the pixels. Multiply each by its weight first.",
            float((window * np.abs(_LINE)).sum()): "Mind the signs: the weights of two rows are negative.",
        }
        | (
            {turned: "That is the filter turned by 180°. A network uses it as it is."}
            if turned != answer
            else {}
        ),
        grids=(number_grid("window", "input", window), number_grid("filter", "weights", _LINE)),
    )


def _strongest() -> Question:
    """Ask which of three windows of the smiley gives the largest number; all three differ."""
    feature_map = by_hand.line_map()
    order = np.argsort(feature_map, axis=None, kind="stable")
    cells = sorted(divmod(int(order[rank]), feature_map.shape[1]) for rank in (0, len(order) // 2, -1))
    values = [float(feature_map[cell]) for cell in cells]
    windows = [
        number_grid(f"window {n}", "input", by_hand.window_at(*cell)) for n, cell in enumerate(cells, start=1)
    ]
    return Question(
        "strongest",
        line(
            "What does this filter look for? Without calculating: for which of these windows is its sum "
            "largest?"
        ),
        int(np.argmax(values)),
        (
            *(line("window {} gives {}", n, value) for n, value in enumerate(values, start=1)),
            ["The sum is large where the picture looks like the filter: a bright line between dark ones."],
        ),
        options=("window 1", "window 2", "window 3"),
        grids=(number_grid("filter", "weights", _LINE), *windows),
    )


def _size(step: ComputedStep) -> Question:
    windows = step.step.windows
    height, window = step.input.shape[1], windows.size[0]
    stride, padding = windows.stride[0], windows.padding[0]
    answer = step.output.shape[1]
    unpadded = float(output_size(height, window, stride))
    return Question(
        "size",
        line(
            "Now the network's own filter. The input has {} rows and the filter {}. The filter moves by {} "
            "row at a time (the stride), and {} rows of zeros are added on every side (the padding). How "
            "many rows does the feature map have?",
            *(height, window, stride, padding),
        ),
        answer,
        (line("({} + 2 × {} − {}) / {}, rounded down, plus 1", height, padding, window, stride),),
        slips={
            answer - 1: "Count the first position too: add 1.",
            unpadded if padding else math.nan: "You left out the padding: it makes room for more positions.",
        },
    )


def _doubled(material: Material, step: ComputedStep) -> Question:
    """Ask how doubling weights and bias changes the map."""
    channel = largest_at(step.output)[0]
    filters, bias = material.weights(step)
    doubled = convolution.forward(step.input, 2 * filters, 2 * bias, step.step.windows)[channel]
    before, after = float(step.output[channel].max()), float(doubled.max())
    is_doubled = np.allclose(doubled, 2 * step.output[channel])
    return Question(
        "doubled",
        line(
            "Double every weight of filter {} and its bias. What happens to the numbers of its feature map?",
            channel,
        ),
        1 if is_doubled else 3,
        (
            line("the largest was {} and becomes {}", before, after),
            ["Every product is doubled, so the sum is too: only the scale changes, not what is found where."],
        ),
        options=(
            "they stay the same",
            "each is doubled",
            "each is squared",
            "the large ones grow, the small ones shrink",
        ),
    )


def _moved(material: Material, step: ComputedStep) -> Question:
    """Ask how a shift of the input changes the map, away from the borders."""
    windows = step.step.windows
    columns = windows.stride[1]
    filters, bias = material.weights(step)
    after = convolution.forward(shifted(step.input, columns), filters, bias, windows)
    inside = slice(windows.size[1], -windows.size[1])
    moves = np.allclose(after[..., inside], shifted(step.output)[..., inside])
    return Question(
        "moved",
        line(
            "Move the input {} column to the right. What happens to the feature maps, away from the borders?",
            columns,
        ),
        2 if moves else 1,
        (
            _largest("before", step.output),
            _largest("after", after),
            ["The same filter is used everywhere, so a feature is found wherever it lies."],
        ),
        options=(
            "nothing changes",
            "the numbers change everywhere",
            "the same numbers, one column further right",
        ),
    )


def _largest(when: str, maps: Array) -> Line:
    channel, row, column = largest_at(maps)
    return line(
        f"{when}: the largest is {{}}, in map {{}}, row {{}}, column {{}}", maps.max(), channel, row, column
    )


def _products(pixels: Array, weights: Array) -> Line:
    pieces: Line = []
    for pixel, weight in zip(pixels.tolist(), weights.tolist(), strict=True):
        pieces += [" + " if pieces else "", pixel, " × ", weight]
    return pieces
