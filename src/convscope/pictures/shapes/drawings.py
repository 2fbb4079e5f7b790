"""Pictures of shapes with their labels, the same for the same seed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from convscope.pictures.shapes.hand import by_hand
from convscope.pictures.shapes.ink import inked
from convscope.pictures.shapes.outlines import SHAPES

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIDE = 28
"""Side of a picture, in pixels."""
_SIZES = (0.7, 0.96)
"""Longer side of the drawing, including the pen, as a fraction of the picture's side."""
_WIDTHS = (0.05, 0.16)
"""Width of the pen, as a fraction of the drawing's longer side."""
_STRETCH, _SHEAR = 0.12, 0.07
"""Standard deviations of the logarithm of the aspect ratio, and of the shear."""


def draw_shapes(count: int, seed: int = 0) -> tuple[NDArray[np.uint8], list[str]]:
    """Draw shapes, white on black: each in turn, no two alike.

    Args:
        count: Number of pictures.
        seed: The same seed gives the same pictures.

    Returns:
        uint8 (count, 28, 28), and their labels.

    Example:
        >>> pictures, labels = draw_shapes(3)
        >>> pictures.shape, labels
        ((3, 28, 28), ['arrow left', 'arrow right', 'circle'])
    """
    rng = np.random.default_rng(seed)
    labels = labels_of_shapes(count)
    return np.stack([draw_shape(label, rng) for label in labels]), labels


def labels_of_shapes(count: int) -> list[str]:
    """Return the labels of this many drawings: each shape in turn."""
    names = list(SHAPES)
    return [names[index % len(names)] for index in range(count)]


def draw_shape(name: str, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Draw one shape of `SHAPES` in a human way: uint8 (28, 28)."""
    outline, turn = SHAPES[name]
    strokes = outline(rng)
    lines = [by_hand(stroke, rng) for stroke in strokes]
    deform = _deformation(rng, turn)
    lines = [line @ deform for line in lines]
    everything = np.concatenate(lines)
    low, high = everything.min(axis=0), everything.max(axis=0)
    longer = SIDE * rng.uniform(*_SIZES)
    width = max(1.0, longer * np.exp(rng.uniform(*np.log(_WIDTHS))))
    scale = (longer - width) / (high - low).max()
    free = SIDE - width - scale * (high - low)
    shift = width / 2 + free * rng.beta(4, 4, 2)  # closer to the middle: people's drawings are centred there
    lines = [(line - low) * scale + shift for line in lines]
    fills = [line for line, stroke in zip(lines, strokes, strict=True) if stroke.is_filled]
    return inked(lines, fills, width, SIDE)


def _deformation(rng: np.random.Generator, turn: float) -> NDArray[np.float64]:
    """Return the matrix that rotates, stretches and shears points (x, y) in rows."""
    angle, stretch = np.deg2rad(rng.normal(0, turn)), np.exp(rng.normal(0, _STRETCH) / 2)
    rotation = np.array([(np.cos(angle), np.sin(angle)), (-np.sin(angle), np.cos(angle))])
    sheared = np.array([(1, 0), (rng.normal(0, _SHEAR), 1)])
    return rotation @ sheared @ np.diag([1 / stretch, stretch])
