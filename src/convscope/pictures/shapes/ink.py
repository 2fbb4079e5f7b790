"""Rasterise strokes: a round pen, white on black."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


def inked(
    lines: Sequence[NDArray[np.float64]], fills: Sequence[NDArray[np.float64]], width: float, side: int
) -> NDArray[np.uint8]:
    """Draw lines with a round pen.

        ink of a pixel = clip(width / 2 + 1/2 - distance of its centre to the nearest line, 0, 1)

    Args:
        lines: Polylines, each (n, 2), n at least 2; (x, y) in pixels from the upper left corner.
        fills: Polygons to fill.
        width: Width of the pen, in pixels.
        side: Side of the picture, in pixels.

    Returns:
        uint8 (side, side): 0 is black, 255 is ink.

    Example:
        >>> line = np.array([(0, 1.5), (3, 1.5)])
        >>> inked([line], [], width=1, side=3).tolist()
        [[0, 0, 0], [255, 255, 255], [0, 0, 0]]
    """
    rounded = [_rounded(line) for line in lines]
    centres = np.arange(side, dtype=np.float32) + np.float32(0.5)
    x, y = centres[None, :, None], centres[:, None, None]
    starts = np.concatenate([line[:-1] for line in rounded])
    ways = np.concatenate([np.diff(line, axis=0) for line in rounded])
    right, down = x - starts[:, 0], y - starts[:, 1]
    squares = np.maximum((ways**2).sum(axis=1), np.float32(1e-12))
    along = np.clip(right * (ways[:, 0] / squares) + down * (ways[:, 1] / squares), 0, 1)
    square = (right - along * ways[:, 0]) ** 2 + (down - along * ways[:, 1]) ** 2
    ink = np.clip(width / 2 + 0.5 - np.sqrt(square.min(axis=2)), 0, 1)
    for polygon in fills:
        ink[_inside(_rounded(polygon), centres)] = 1
    return np.rint(255 * ink).astype(np.uint8)


def _rounded(points: NDArray[np.float64]) -> NDArray[np.float32]:
    """Round to 1/256 pixel, so that last-bit differences of sines between machines have no effect."""
    return (np.rint(points * 256) / 256).astype(np.float32)


def _inside(polygon: NDArray[np.float32], centres: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return which pixels are inside: a ray to the right crosses an odd number of sides."""
    ends = np.roll(polygon, -1, axis=0)
    x, y = centres[None, :, None], centres[:, None, None]
    spans = (polygon[:, 1] > y) != (ends[:, 1] > y)
    height = np.where(ends[:, 1] == polygon[:, 1], 1, ends[:, 1] - polygon[:, 1])
    crossing = polygon[:, 0] + (y - polygon[:, 1]) / height * (ends[:, 0] - polygon[:, 0])
    return (spans & (crossing > x)).sum(axis=2) % 2 == 1
