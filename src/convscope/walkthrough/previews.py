"""Previews: a small version of the most informative map of each step, for pages with many steps.

The numbers of a step are only loaded when it is opened; a deep network has millions of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from convscope.network.chain import ACTIVATIONS
from convscope.walkthrough.arrays import DEFLATED, encode
from convscope.walkthrough.document import Preview

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from convscope.steps.arrays import Array
    from convscope.walkthrough.numpy_chain import ComputedStep

MAX_STEPS = 20
"""Walks with more steps have previews."""
PREVIEW_SIDE = 48
_ZERO = 127
"""The level of the value 0; the levels 0 and 254 are the ends of the scale."""


def activities(maps: Array) -> NDArray[np.float64]:
    """Return the activity of each map: the mean of max(0, x).

    Example:
        >>> activities(np.array([[[1.0, -3.0]], [[4.0, 2.0]]])).tolist()
        [0.5, 3.0]
    """
    return np.maximum(maps, 0).reshape(len(maps), -1).mean(axis=1)


def preview_of(computed: ComputedStep, level: int = DEFLATED) -> Preview | None:
    """Draw the map of a step with the largest variation, subsampled if large.

    In deep networks, the most active map is often constant, which shows nothing.

    Args:
        computed: The step.
        level: Compression level.

    Returns:
        The index of the map, the limit of the colour scale (the same before and after an activation), and
        127 + 127 x / limit for each number x, as uint8. None for columns, and for maps of one cell.
    """
    maps = computed.output
    if maps.ndim < 3 or maps[0].size == 1:
        return None
    index = int(maps.reshape(len(maps), -1).std(axis=1).argmax())
    stride = -(-max(maps.shape[1:]) // PREVIEW_SIDE)
    limit = float(np.abs(computed.input if computed.kind in ACTIVATIONS else maps).max()) or 1.0
    levels = np.rint(_ZERO + _ZERO * maps[index, ::stride, ::stride] / limit)
    return Preview(map=index, limit=limit, values=encode(levels, "uint8", level))
