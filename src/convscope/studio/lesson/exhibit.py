"""What a page of the lesson shows.

A line of arithmetic is a list of words and numbers: the browser writes the numbers as everywhere else.
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
    from convscope.steps.windows import Cell

Role = Literal["input", "weights", "output"]
Line = list[str | float]
CHANNELS = {1: ("grey",), 3: ("red", "green", "blue")}
"""What the channels of a picture are called, by how many there are."""
_AROUND = 2
"""So many cells on either side of one are shown with it."""


@dataclass(frozen=True, slots=True)
class Place:
    """A number that a person looks at: map or class, row and column; None where they have not chosen."""

    channel: int | None = None
    row: int | None = None
    column: int | None = None

    def inside(self, shape: tuple[int, ...], default: tuple[int, ...]) -> tuple[int, ...]:
        """The same with what was not chosen filled in, kept within a shape.

        Example:
            >>> Place(row=9).inside((2, 5, 5), default=(1, 0, 3))
            (1, 4, 3)
        """
        chosen = (self.channel, self.row, self.column)[: len(shape)]
        return tuple(
            min(max(instead if one is None else one, 0), size - 1)
            for one, instead, size in zip(chosen, default, shape, strict=True)
        )


class Rectangle(BaseModel):
    """Cells of a map; it may stick out."""

    top: int
    left: int
    height: int
    width: int


class Map(BaseModel):
    """A whole map."""

    caption: str
    role: Role
    pixels: bool = Field(description="Whether the numbers are 0 to 255, of a grey or a colour picture.")
    values: EncodedArray = Field(description="(channels, height, width).")
    window: Rectangle | None = None
    at: tuple[int, int] | None = Field(
        None, description="Row and column of the chosen cell: it can be moved."
    )


class Grid(BaseModel):
    """A few numbers; None lies outside the map."""

    caption: str
    role: Role
    rows: list[list[float | None]]
    marked: tuple[int, int] | None = None
    pixels: bool = Field(
        default=False, description="Whether the numbers are 0 to 255, so that none is below 0."
    )


class Choice(BaseModel):
    """Which map or class to look at."""

    label: str
    options: list[str]
    chosen: int


class Table(BaseModel):
    """Numbers with names."""

    caption: str
    head: list[str]
    rows: list[Line]


class Exhibit(BaseModel):
    """What is shown."""

    maps: list[Map] = []
    grids: list[Grid] = []
    tables: list[Table] = []
    lines: list[Line] = []
    choice: Choice | None = None


def pixel_map(pixels: NDArray[np.uint8], **more: object) -> Map:
    """The picture as the network gets it; uint8 (height, width, channels)."""
    values = encode(pixels.transpose(2, 0, 1), "uint8")
    return Map.model_validate(
        {"caption": "the picture", "role": "input", "pixels": True, "values": values, **more}
    )


def signed_map(caption: str, role: Role, values: Array, **more: object) -> Map:
    """One map (height, width) of numbers that may be negative."""
    encoded = encode(values[np.newaxis], "float32")
    return Map.model_validate({"caption": caption, "role": role, "pixels": False, "values": encoded, **more})


def window_grid(caption: str, cells: Iterable[Cell], width: int, *, winner: int | None = None) -> Grid:
    """What a window sees on one map."""
    values = [cell.value for cell in cells]
    rows = [values[start : start + width] for start in range(0, len(values), width)]
    marked = None if winner is None else divmod(winner, width)
    return Grid(caption=caption, role="input", rows=rows, marked=marked)


def number_grid(caption: str, role: Role, values: Array) -> Grid:
    """All numbers of a small map."""
    return Grid(caption=caption, role=role, rows=values.tolist())


def line(text: str, *pieces: str | float) -> Line:
    """Write a line, a piece in the place of every `{}`.

    Example:
        >>> line("{} × {} is more than I can say", 2.0, "two")
        [2.0, ' × ', 'two', ' is more than I can say']
    """
    words = text.split("{}")
    mixed = [words[0], *(one for pair in zip(pieces, words[1:], strict=True) for one in pair)]
    return [one for one in mixed if one != ""]


def added(parts: Iterable[float]) -> Line:
    """Write a sum.

    Example:
        >>> added([1.5, -2.0])
        [1.5, ' + ', -2.0]
    """
    pieces: Line = []
    for part in parts:
        pieces += [" + ", part] if pieces else [part]
    return pieces


def around(caption: str, role: Role, values: Array, row: int, column: int) -> Grid:
    """A cell of a map with those around it, the cell marked."""
    top, left = max(row - _AROUND, 0), max(column - _AROUND, 0)
    part = values[top : row + _AROUND + 1, left : column + _AROUND + 1]
    return Grid(caption=caption, role=role, rows=part.tolist(), marked=(row - top, column - left))
