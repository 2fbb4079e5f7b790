"""Nine shapes as ideal strokes, in the different styles in which people draw them.

Coordinates are (x, y), x to the right and y downwards; a shape approximately fills the square from -1 to 1.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

_CURVE_POINTS = 40


@dataclass(frozen=True, slots=True, eq=False)
class Stroke:
    """A line drawn without lifting the pen.

    Attributes:
        points: (n, 2), the corners of a polyline.
        is_closed: Whether it returns to its first point.
        is_filled: Whether it is filled.
    """

    points: NDArray[np.float64]
    is_closed: bool = False
    is_filled: bool = False


Outline = list[Stroke]


def circle(rng: np.random.Generator) -> Outline:
    """Draw a circle, from any starting point and in either direction."""
    return [_maybe_filled(_ellipse(rng, (0, 0), 1), rng)]


def square(rng: np.random.Generator) -> Outline:
    """Draw a square: in one stroke or side by side."""
    corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) + rng.normal(0, 0.07, (4, 2))
    return _polygon(corners, rng)


def triangle(rng: np.random.Generator) -> Outline:
    """Draw a triangle on its base, with its tip near the middle or above one end."""
    tip = rng.choice([0, -0.9, 0.9], p=[0.7, 0.15, 0.15])
    corners = np.array([(tip, -0.9), (1, 0.8), (-1, 0.8)]) + rng.normal(0, 0.1, (3, 2))
    return _polygon(corners, rng)


def star(rng: np.random.Generator) -> Outline:
    """Draw a star with five points: as five crossing lines, or as its outline."""
    if rng.random() < 0.5:
        angles = -np.pi / 2 + np.arange(5) * rng.choice([-1, 1]) * 4 * np.pi / 5
        corners = np.roll(_on_circle(angles, 1), int(rng.integers(5)), axis=0)
        return [Stroke(corners + rng.normal(0, 0.07, (5, 2)), is_closed=True)]
    radii = np.tile([1, rng.uniform(0.36, 0.55)], 5)[:, None]
    corners = radii * _on_circle(-np.pi / 2 + np.arange(10) * np.pi / 5, 1)
    return [_maybe_filled(Stroke(corners + rng.normal(0, 0.04, (10, 2)), is_closed=True), rng)]


def heart(rng: np.random.Generator) -> Outline:
    """Draw a heart: in one stroke from its notch or its tip, or as two halves."""
    turn = np.linspace(0, 2 * np.pi, _CURVE_POINTS, endpoint=False)
    lobes, fullness = rng.uniform(4, 7), rng.uniform(0, 1)
    x = np.sin(turn) ** 3 * (1 - fullness) + np.sign(np.sin(turn)) * np.abs(np.sin(turn)) ** 2 * fullness
    y = -(13 * np.cos(turn) - lobes * np.cos(2 * turn) - 2 * np.cos(3 * turn) - np.cos(4 * turn)) / 15
    points = np.stack([x, y - (y.max() + y.min()) / 2], axis=1)
    half = _CURVE_POINTS // 2
    if rng.random() < 0.25:
        return [Stroke(points[: half + 1]), Stroke(np.r_[points[half:], points[:1]][::-1])]
    points = np.roll(points, half * int(rng.integers(2)), axis=0)[:: rng.choice([-1, 1])]
    return [_maybe_filled(Stroke(points, is_closed=True), rng)]


def smiley(rng: np.random.Generator) -> Outline:
    """Draw a smiling face."""
    return _face(rng, rng.uniform(0.2, 0.5))


def sad_face(rng: np.random.Generator) -> Outline:
    """Draw a sad face: the mouth's corners hang."""
    return _face(rng, -rng.uniform(0.2, 0.45))


def arrow_right(rng: np.random.Generator) -> Outline:
    """Draw an arrow to the right: a line with a head, or the outline of a thick arrow."""
    head, spread = rng.uniform(0.4, 0.95), rng.uniform(0.35, 0.85)
    upper, tip, lower = np.array([(1 - head, -spread), (1, 0), (1 - head, spread)])
    tail = np.array((-1, 0))
    style = rng.random()
    if style < 0.25:
        thickness = rng.uniform(0.3, 0.6) * spread
        neck = np.array([(1 - head, -thickness), (-1, -thickness), (-1, thickness), (1 - head, thickness)])
        return [_maybe_filled(Stroke(np.r_[[upper], neck, [lower], [tip]], is_closed=True), rng)]
    if style < 0.4:
        return [
            Stroke(np.array([tail, (1 - head, 0)])),
            replace(
                Stroke(np.array([upper, tip, lower]), is_closed=True), is_filled=bool(rng.random() < 0.6)
            ),
        ]
    if style < 0.7:
        return [Stroke(np.array([tail, tip])), Stroke(np.array([upper, tip, lower]))]
    if style < 0.85:
        return [Stroke(np.array([tail, tip, upper, tip, lower]))]
    return [Stroke(np.array([tail, tip])), Stroke(np.array([tip, upper])), Stroke(np.array([tip, lower]))]


def arrow_left(rng: np.random.Generator) -> Outline:
    """Draw an arrow to the left, by mirroring one to the right."""
    return [replace(stroke, points=stroke.points * (-1, 1)) for stroke in arrow_right(rng)]


SHAPES: dict[str, tuple[Callable[[np.random.Generator], Outline], float]] = {
    "arrow left": (arrow_left, 12),
    "arrow right": (arrow_right, 12),
    "circle": (circle, 180),
    "heart": (heart, 12),
    "sad face": (sad_face, 10),
    "smiley": (smiley, 10),
    "square": (square, 12),
    "star": (star, 20),
    "triangle": (triangle, 12),
}
"""The drawing function of each shape, and the standard deviation of its rotation in degrees."""


def _face(rng: np.random.Generator, smile: float) -> Outline:
    """Draw a round face; the middle of the mouth is `smile` below its corners."""
    width, height = rng.uniform(0.35, 0.62), rng.uniform(0.28, 0.48)
    along = np.linspace(-1, 1, 12) * rng.choice([-1, 1])
    mouth = np.stack([width * along, height - smile / 2 + smile * (1 - along**2)], axis=1)
    is_open = rng.random() < 0.12
    eyes = rng.uniform(0.28, 0.48), -rng.uniform(0.2, 0.42)
    style = int(rng.choice(4, p=[0.4, 0.3, 0.1, 0.2]))
    parts = [
        _ellipse(rng, (0, 0), 1),
        *(_eye(rng, (side * eyes[0], eyes[1]), style) for side in (-1, 1)),
        Stroke(mouth, is_closed=is_open, is_filled=is_open and rng.random() < 0.5),
    ]
    if rng.random() < 0.12:
        parts.append(Stroke(np.array([(0, -0.08), (rng.uniform(-0.1, 0.1), 0.1)])))
    return parts


def _eye(rng: np.random.Generator, at: tuple[float, float], style: int) -> Stroke:
    """Draw an eye as a dot, a vertical line, a ring or a disc."""
    height = rng.uniform(0.08, 0.18)
    match style:
        case 0:
            return Stroke(np.array([at, (at[0] + 0.02, at[1] + 0.02)]))
        case 1:
            return Stroke(np.array([(at[0], at[1] - height), (at[0], at[1] + height)]))
        case _:
            return replace(_ellipse(rng, at, 0.8 * height), is_filled=style == 3)


def _ellipse(rng: np.random.Generator, centre: tuple[float, float], radius: float) -> Stroke:
    angles = rng.uniform(0, 2 * np.pi) + np.linspace(0, 2 * np.pi, _CURVE_POINTS, endpoint=False)
    return Stroke(np.array(centre) + _on_circle(angles * rng.choice([-1, 1]), radius), is_closed=True)


def _polygon(corners: NDArray[np.float64], rng: np.random.Generator) -> Outline:
    """Draw a polygon from any corner in either direction; sometimes each side by itself."""
    corners = np.roll(corners, int(rng.integers(len(corners))), axis=0)[:: rng.choice([-1, 1])]
    if rng.random() < 0.15:
        return [Stroke(np.stack(ends)) for ends in zip(corners, np.roll(corners, -1, axis=0), strict=True)]
    return [_maybe_filled(Stroke(corners, is_closed=True), rng)]


def _maybe_filled(stroke: Stroke, rng: np.random.Generator) -> Stroke:
    return replace(stroke, is_filled=bool(rng.random() < 0.12))


def _on_circle(angles: NDArray[np.float64], radius: float) -> NDArray[np.float64]:
    return radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)
