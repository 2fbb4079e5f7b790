"""What a page of the lesson shows.

A line of arithmetic is a list of words and numbers, so that the browser formats the numbers as everywhere
else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import BaseModel, Field

from convscope.walkthrough.arrays import EncodedArray, encode

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from convscope.steps.arrays import Array
    from convscope.walkthrough.numpy_chain import ComputedStep

Role = Literal["input", "weights", "output"]
Line = list[str | float]
CHANNELS = {1: ("grey",), 3: ("red", "green", "blue")}
"""The names of a picture's channels, by their number."""
_AROUND = 2
"""This many cells on each side of the chosen one are shown with it."""


@dataclass(frozen=True, slots=True)
class Position:
    """A chosen number: feature map or class, row and column; None where nothing was chosen."""

    channel: int | None = None
    row: int | None = None
    column: int | None = None

    def inside(self, shape: tuple[int, ...], default: tuple[int, ...]) -> tuple[int, ...]:
        """Return the indices within a shape, with defaults where nothing was chosen.

        Example:
            >>> Position(row=9).inside((2, 5, 5), default=(1, 0, 3))
            (1, 4, 3)
        """
        chosen = (self.channel, self.row, self.column)[: len(shape)]
        return tuple(
            min(max(instead if index is None else index, 0), size - 1)
            for index, instead, size in zip(chosen, default, shape, strict=True)
        )


class Rectangle(BaseModel):
    """A rectangle of cells; it may extend past the edges of the map."""

    top: int
    left: int
    height: int
    width: int


class Map(BaseModel):
    """A whole feature map or picture."""

    caption: str
    role: Role
    pixels: bool = Field(description="Whether the values are pixels, 0 to 255.")
    values: EncodedArray = Field(description="(channels, height, width).")
    window: Rectangle | None = None
    at: tuple[int, int] | None = Field(
        None, description="Row and column of the chosen cell, if one can be chosen."
    )


class Grid(BaseModel):
    """A few numbers; null is outside the map."""

    caption: str
    role: Role
    rows: list[list[float | None]]
    marked: tuple[int, int] | None = None
    pixels: bool = Field(default=False, description="Whether the values are pixels, 0 to 255.")


class Choice(BaseModel):
    """Which feature map or class to look at."""

    label: str
    options: list[str]
    chosen: int


class Table(BaseModel):
    """A table of numbers."""

    caption: str
    head: list[str]
    rows: list[Line]


class Exhibit(BaseModel):
    """What a page shows."""

    maps: list[Map] = []
    grids: list[Grid] = []
    tables: list[Table] = []
    lines: list[Line] = []
    choice: Choice | None = None


def pixel_map(pixels: NDArray[np.uint8], **more: object) -> Map:
    """Make a map of the prepared picture, uint8 (height, width, channels)."""
    values = encode(pixels.transpose(2, 0, 1), "uint8")
    return Map.model_validate(
        {"caption": "picture", "role": "input", "pixels": True, "values": values, **more}
    )


def signed_map(caption: str, role: Role, values: Array, **more: object) -> Map:
    """Make a map of numbers that may be negative, (height, width)."""
    encoded = encode(values[np.newaxis], "float32")
    return Map.model_validate({"caption": caption, "role": role, "pixels": False, "values": encoded, **more})


def window_of(step: ComputedStep, row: int, column: int) -> Rectangle:
    """Return the window on the input that belongs to a cell of the output."""
    windows = step.step.windows
    return Rectangle(
        top=row * windows.stride[0] - windows.padding[0],
        left=column * windows.stride[1] - windows.padding[1],
        height=windows.size[0],
        width=windows.size[1],
    )


def window_grid(caption: str, step: ComputedStep, channel: int, row: int, column: int) -> Grid:
    """Make a grid of the cells of a window."""
    cells = step.step.windows.read(step.input, channel=channel, row=row, column=column)
    values, width = [cell.value for cell in cells], step.step.windows.size[1]
    rows = [values[start : start + width] for start in range(0, len(values), width)]
    return Grid(caption=caption, role="input", rows=rows)


def number_grid(caption: str, role: Role, values: Array) -> Grid:
    """Make a grid of a small array."""
    return Grid(caption=caption, role=role, rows=values.tolist())


def line(text: str, *pieces: str | float) -> Line:
    """Make a line, with a piece in place of every `{}`.

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


def added(parts: Iterable[float]) -> Line:
    """Make a line of a sum.

    Example:
        >>> added([1.5, -2.0])
        [1.5, ' + ', -2.0]
    """
    pieces: Line = []
    for part in parts:
        pieces += [" + ", part] if pieces else [part]
    return pieces


def around(caption: str, role: Role, values: Array, row: int, column: int) -> Grid:
    """Make a grid of a cell, which is marked, and those around it."""
    top, left = max(row - _AROUND, 0), max(column - _AROUND, 0)
    part = values[top : row + _AROUND + 1, left : column + _AROUND + 1]
    return Grid(caption=caption, role=role, rows=part.tolist(), marked=(row - top, column - left))
