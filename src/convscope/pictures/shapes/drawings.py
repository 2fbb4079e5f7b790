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
"""Of a picture, in pixels."""
_SIZES = (0.7, 0.96)
"""Longer side of the drawing, pen and all, as a fraction of the picture's."""
_WIDTHS = (0.05, 0.16)
"""Of the pen, as a fraction of the drawing's longer side."""
_STRETCH, _SHEAR = 0.12, 0.07
"""Standard deviations of the logarithm of height by width, and of how far the top is pushed sideways."""


def draw_shapes(count: int, seed: int = 0) -> tuple[NDArray[np.uint8], list[str]]:
    """Draw shapes, white on black: each in turn, none like another.

    Args:
        count: How many pictures.
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
    """Return the labels of as many drawings: each shape in turn."""
    names = list(SHAPES)
    return [names[index % len(names)] for index in range(count)]


def draw_shape(name: str, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Draw one shape of `SHAPES` as a person might: uint8 (28, 28)."""
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
    shift = width / 2 + free * rng.beta(4, 4, 2)  # rather in the middle: people's drawings are put there
    lines = [(line - low) * scale + shift for line in lines]
    fills = [line for line, stroke in zip(lines, strokes, strict=True) if stroke.is_filled]
    return inked(lines, fills, width, SIDE)


def _deformation(rng: np.random.Generator, turn: float) -> NDArray[np.float64]:
    """Return the matrix that turns, stretches and shears points (x, y) in rows."""
    angle, stretch = np.deg2rad(rng.normal(0, turn)), np.exp(rng.normal(0, _STRETCH) / 2)
    rotation = np.array([(np.cos(angle), np.sin(angle)), (-np.sin(angle), np.cos(angle))])
    sheared = np.array([(1, 0), (rng.normal(0, _SHEAR), 1)])
    return rotation @ sheared @ np.diag([1 / stretch, stretch])
