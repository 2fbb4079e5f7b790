"""The first convolution cell shown on a page, with exact numbers if maps and filters are rounded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from convscope.walkthrough.arrays import encode
from convscope.walkthrough.document import ExactCell

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from convscope.steps.arrays import Array
    from convscope.steps.windows import Windows
    from convscope.walkthrough.numpy_chain import ComputedStep


def exact_cell(
    computed: ComputedStep, weights: NDArray[np.float32], held: Sequence[int] | None, level: int
) -> ExactCell:
    """Write the largest output of a convolution with its window and filter.

    Args:
        computed: The convolution, depthwise or not.
        weights: (filters, channels, height, width), all filters.
        held: The maps to choose from; None means all.
        level: Compression level.
    """
    output = computed.output
    maps = np.arange(len(output)) if held is None else np.asarray(held)
    at, row, column = np.unravel_index(output[maps].argmax(), output[maps].shape)
    filter_index = int(maps[at])
    is_depthwise = computed.kind == "depthwise_convolution"
    inputs = computed.input[filter_index : filter_index + 1] if is_depthwise else computed.input
    place = [filter_index, int(row), int(column)]
    return ExactCell(
        place=place,
        inputs=encode(window_of(inputs, computed.step.windows, *place[1:]), "float32", level),
        weights=encode(weights[filter_index], "float32", level),
        output=float(output[tuple(place)]),
    )


def window_of(maps: Array, windows: Windows, row: int, column: int) -> Array:
    """Return the window of maps that a cell is computed from, with zeros outside the maps.

    Example:
        >>> from convscope.steps.windows import Windows
        >>> window_of(np.array([[[1.0, 2.0], [3.0, 4.0]]]), Windows((2, 2), (1, 1), (1, 1)), 0, 0).tolist()
        [[[0.0, 0.0], [0.0, 1.0]]]
    """
    _, height, width = maps.shape
    (rows, columns), (down, across) = windows.size, windows.padding
    top, left = row * windows.stride[0] - down, column * windows.stride[1] - across
    window = np.zeros((len(maps), rows, columns))
    inside = (slice(max(top, 0), min(top + rows, height)), slice(max(left, 0), min(left + columns, width)))
    found = maps[:, *inside]
    start = (max(-top, 0), max(-left, 0))
    window[:, start[0] : start[0] + found.shape[1], start[1] : start[1] + found.shape[2]] = found
    return window
