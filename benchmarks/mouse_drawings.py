"""Simulated drawings on the drawing pad of the pages: a test set for networks of shapes.

Only the names are shared with `convscope.pictures.shapes`. There, an ideal outline is distorted and drawn
with exact distances. Here, a spring pulls a hand from one target to the next: it overshoots, cuts corners,
slows down in turns, and trembles. The cursor is sampled at a fixed rate and rounded to whole pixels; a round
pen joins the samples on a canvas of 280 x 280, which is then placed and scaled down like the drawings from a
page.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw

from convscope.studio.walk.drawings import Placement, place

if TYPE_CHECKING:
    from numpy.typing import NDArray

CANVAS = 280
_READINGS_PER_SECOND, _STEPS_PER_READING = 60, 4

Aims = list[tuple[float, float]]


def mouse_drawing(name: str, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Draw a shape on the canvas: uint8 (280, 280), white on black."""
    strokes = _STROKES[name](rng)
    size, turn, squash = rng.uniform(55, 125), np.deg2rad(rng.normal(0, 8)), rng.uniform(0.78, 1.0)
    matrix = size * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    matrix[:, int(rng.integers(2))] *= squash
    room = max(4.0, CANVAS / 2 - size - 12)
    middle = CANVAS / 2 + rng.uniform(-room, room, 2)
    hand = rng.uniform(14, 28), rng.uniform(0.55, 0.95), rng.uniform(150, 500), rng.uniform(0.2, 1.2)
    canvas = Image.new("L", (CANVAS, CANVAS))
    pen = ImageDraw.Draw(canvas)
    width = rng.choice([CANVAS / 9, 24, 18, 12], p=[0.4, 0.2, 0.2, 0.2])
    width = min(width, 0.22 * size)  # eyes are never narrower than the pen
    for stroke in strokes:
        readings = _cursor(np.array(stroke) @ matrix.T + middle, hand, rng)
        _draw(pen, np.clip(readings, 0, CANVAS - 1), float(width))
    return np.asarray(canvas)


def mouse_drawings(
    count: int, placement: Placement | None, seed: int = 0
) -> tuple[NDArray[np.uint8], list[str]]:
    """Return pictures of 28 x 28 and their labels.

    Args:
        count: Number of drawings.
        placement: The placement of training pictures, to apply to the drawings. None: unchanged.
        seed: Random seed.
    """
    rng = np.random.default_rng([2, seed])
    labels = [sorted(_STROKES)[index % len(_STROKES)] for index in range(count)]
    canvases = [mouse_drawing(label, rng) for label in labels]
    return np.stack([_reduced(canvas, placement) for canvas in canvases]), labels


def _reduced(canvas: NDArray[np.uint8], placement: Placement | None) -> NDArray[np.uint8]:
    if placement is not None:
        return place(canvas, placement, (28, 28))
    return np.asarray(Image.fromarray(canvas).resize((28, 28), Image.Resampling.BOX))


def _cursor(
    aims: NDArray[np.float64], hand: tuple[float, float, float, float], rng: np.random.Generator
) -> NDArray[np.float64]:
    """Follow targets with a damped spring; return the samples (n, 2), whole pixels.

    The target moves on before the hand has arrived, so corners are rounded at speed.
    """
    stiffness, damping, speed, tremor = hand
    at, velocity = aims[0].copy(), np.zeros(2)
    seconds = 1 / (_READINGS_PER_SECOND * _STEPS_PER_READING)
    readings = [at.copy()]
    for start, aim in pairwise(aims):
        end = aim + rng.normal(0, 2.5, 2)
        duration = max(0.1, float(np.hypot(*(end - start))) / speed * rng.uniform(0.8, 1.25))
        steps = int(duration / seconds)
        for step in range(steps):
            target = start + (end - start) * min(1, 1.15 * (step + 1) / steps)
            pull = stiffness**2 * (target - at) - 2 * damping * stiffness * velocity
            velocity = velocity + seconds * pull
            at = at + seconds * velocity + rng.normal(0, tremor / _STEPS_PER_READING, 2)
            if step % _STEPS_PER_READING == 0:
                readings.append(at.copy())
    readings.append(at + rng.normal(0, 1.5, 2))
    return np.rint(np.array(readings))


def _draw(pen: ImageDraw.ImageDraw, readings: NDArray[np.float64], width: float) -> None:
    """Join samples with a round pen, like a canvas with round caps and joins."""
    radius = width / 2
    points = [tuple(reading) for reading in readings.tolist()]
    pen.line(points, fill=255, width=round(width))
    for x, y in points:
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)


def _loop(x: float, y: float, radius: float, rng: np.random.Generator) -> Aims:
    """Move around a ring and a little past its start, or not quite to it."""
    begin, way = rng.uniform(0, 360), rng.choice([-1, 1])
    angles = np.deg2rad(begin + way * np.linspace(0, rng.uniform(345, 385), int(rng.integers(9, 18))))
    return [(x + radius * float(np.cos(angle)), y + radius * float(np.sin(angle))) for angle in angles]


def _closed(corners: Aims, rng: np.random.Generator) -> list[Aims]:
    first = int(rng.integers(len(corners)))
    around = corners[first:] + corners[:first]
    if rng.random() < 0.5:
        around.reverse()
    return [[*around, around[0]]]


def _square(rng: np.random.Generator) -> list[Aims]:
    return _closed([(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)], rng)


def _triangle(rng: np.random.Generator) -> list[Aims]:
    return _closed([(float(rng.uniform(-0.4, 0.4)), -0.9), (0.95, 0.8), (-0.95, 0.8)], rng)


def _star(rng: np.random.Generator) -> list[Aims]:
    if rng.random() < 0.6:  # from the lower left, up, and across, as taught at school
        return [[(-0.6, 0.85), (0, -1), (0.6, 0.85), (-0.95, -0.3), (0.95, -0.3), (-0.6, 0.85)]]
    outer = [(0, -1), (0.95, -0.31), (0.59, 0.81), (-0.59, 0.81), (-0.95, -0.31)]
    inner = [(0.25, -0.32), (0.4, 0.14), (0, 0.45), (-0.4, 0.14), (-0.25, -0.32)]
    return _closed([corner for pair in zip(outer, inner, strict=True) for corner in pair], rng)


def _heart(rng: np.random.Generator) -> list[Aims]:
    right = [(0, -0.4), (0.2, -0.75), (0.55, -0.85), (0.9, -0.55), (0.85, -0.05), (0.45, 0.5), (0, 0.95)]
    left = [(-x, y) for x, y in reversed(right)]
    if rng.random() < 0.25:
        return [right, left[::-1]]
    return [right + left[1:]]


def _arrow(rng: np.random.Generator, way: int) -> list[Aims]:
    tail, tip = (-0.95 * way, 0.0), (0.95 * way, 0.0)
    back, spread = rng.uniform(0.1, 0.6) * way, float(rng.uniform(0.35, 0.7))
    upper, lower = (back, -spread), (back, spread)
    style = int(rng.integers(4))
    if style == 0:
        return [[tail, tip], [upper, tip, lower]]
    if style == 1:
        return [[tail, tip], [tip, upper], [tip, lower]]
    if style == 2:
        return [[tail, tip, upper, tip, lower]]
    y = 0.45 * spread
    return _closed([(back, -y), (tail[0], -y), (tail[0], y), (back, y), lower, tip, upper], rng)


def _face(rng: np.random.Generator, bend: int) -> list[Aims]:
    wide, depth, level = rng.uniform(0.4, 0.55), bend * rng.uniform(0.12, 0.24), rng.uniform(0.35, 0.5)
    mouth = [(wide * x, level - depth + 2 * depth * (1 - x * x)) for x in (-1, -0.5, 0, 0.5, 1)]
    x, y = rng.uniform(0.3, 0.45), -rng.uniform(0.25, 0.4)
    length = 0.0 if rng.random() < 0.5 else rng.uniform(0.1, 0.25)
    eyes = [[(side * x, y - length / 2), (side * x, y + length / 2 + 0.01)] for side in (-1, 1)]
    return [_loop(0, 0, 1, rng), *eyes, mouth]


_STROKES = {
    "arrow left": lambda rng: _arrow(rng, -1),
    "arrow right": lambda rng: _arrow(rng, 1),
    "circle": lambda rng: [_loop(0, 0, 1, rng)],
    "heart": _heart,
    "sad face": lambda rng: _face(rng, -1),
    "smiley": lambda rng: _face(rng, 1),
    "square": _square,
    "star": _star,
    "triangle": _triangle,
}
