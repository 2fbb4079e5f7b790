"""Exhibits of a page of the lesson, and the numbers in its questions.

A line of arithmetic is a list of words and numbers, so that the browser formats the numbers consistently.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import BaseModel, Field

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from convscope.steps.arrays import Array
    from convscope.walkthrough.numpy_chain import ComputedStep

Role = Literal["input", "weights", "output"]
Line = list[str | float]
CHANNELS = {1: ("grey",), 3: ("red", "green", "blue")}
"""The names of a picture's channels, by number of channels."""
_AROUND = 2
"""Number of cells shown on each side of the selected one."""


class Stop(BaseModel):
    """A number of a step, as in the URL of a walk."""

    step: str
    place: list[int]


class Exhibit(BaseModel):
    """The steps of its walk that a page shows."""

    stops: list[Stop] = Field(description="The steps, each with the number that is looked at first.")


class Grid(BaseModel):
    """A few numbers; null is outside the map."""

    caption: str
    role: Role
    rows: list[list[float | None]]
    marked: tuple[int, int] | None = None


class Table(BaseModel):
    """A table of numbers."""

    caption: str
    head: list[str]
    rows: list[Line]


def window_grid(caption: str, step: ComputedStep, channel: int, row: int, column: int) -> Grid:
    """Create a grid of the cells of a window."""
    cells = step.step.windows.read(step.input, channel=channel, row=row, column=column)
    values, width = [cell.value for cell in cells], step.step.windows.size[1]
    rows = [values[start : start + width] for start in range(0, len(values), width)]
    return Grid(caption=caption, role="input", rows=rows)


def number_grid(caption: str, role: Role, values: Array) -> Grid:
    """Create a grid of a small array."""
    return Grid(caption=caption, role=role, rows=values.tolist())


def line(text: str, *pieces: str | float) -> Line:
    """Create a line, with a part in place of every `{}`.

    Example:
        >>> line("{} × {} is four", 2.0, "two")
        [2.0, ' × ', 'two', ' is four']
    """
    words = text.split("{}")
    mixed = [words[0], *(piece for pair in zip(pieces, words[1:], strict=True) for piece in pair)]
    return [piece for piece in mixed if piece != ""]


def largest_at(values: Array) -> tuple[int, ...]:
    """Return the index of the largest value.

    Example:
        >>> largest_at(np.array([[1.0, 5.0], [3.0, 2.0]]))
        (0, 1)
    """
    return tuple(int(index) for index in np.unravel_index(values.argmax(), values.shape))


def shifted(maps: NDArray[Any], columns: int = 1) -> NDArray[Any]:
    """Shift maps (..., height, width) to the right; zeros come in from the left.

    Example:
        >>> shifted(np.array([[[1, 2, 3]]])).tolist()
        [[[0, 1, 2]]]
    """
    moved = np.zeros_like(maps)
    moved[..., columns:] = maps[..., :-columns]
    return moved


def added(parts: Iterable[float]) -> Line:
    """Create a line for a sum.

    Example:
        >>> added([1.5, -2.0])
        [1.5, ' + ', -2.0]
    """
    pieces: Line = []
    for part in parts:
        pieces += [" + ", part] if pieces else [part]
    return pieces


def around(caption: str, role: Role, values: Array, row: int, column: int) -> Grid:
    """Create a grid of a marked cell and those around it."""
    top, left = max(row - _AROUND, 0), max(column - _AROUND, 0)
    part = values[top : row + _AROUND + 1, left : column + _AROUND + 1]
    return Grid(caption=caption, role=role, rows=part.tolist(), marked=(row - top, column - left))
