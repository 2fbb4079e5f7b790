"""Panels of a static figure: maps, pictures and bars, laid out from left to right, row by row.

Signed numbers are blue below 0, near-white at 0 and orange-red above, as on the page.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, Literal

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from convscope.common.figure_fonts import readable
from convscope.common.palette import DIVERGING, GREY, INK

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

SIGNED = DIVERGING.reversed()
"""Blue for -1, near-white for 0, orange-red for 1."""

MAX_BARS = 8
_CELL, _GAP, _TEXT, _TITLE = 1.9, 0.3, 0.7, 0.35
"""Sizes in inches: a panel with its gap, the gap, the text below a panel, and the title of the figure."""
_MAX_NUMBERED_SIDE = 6  # cells in a row; with more, a number does not fit into its cell
_CENTRED: dict[str, Any] = {"ha": "center", "va": "top", "parse_math": False}


@dataclass(frozen=True, slots=True)
class Panel:
    """One square of a figure.

    Attributes:
        title: The text above it.
        caption: The text below it, at most three short lines.
        paint: Draws the panel on matplotlib's axes.
    """

    title: str
    caption: str
    paint: Callable[[Axes], None]


def lay_out(
    panels: Sequence[Panel | None], title: str, file: IO[bytes], form: Literal["png", "pdf"], *, columns: int
) -> None:
    """Draw panels into a file; None leaves a gap."""
    columns = min(columns, len(panels))
    width, height = columns * _CELL, -(-len(panels) // columns) * (_CELL + _TEXT) + _TITLE
    figure = Figure(figsize=(width, height), facecolor="white")
    FigureCanvasAgg(figure)
    figure.text(0.5, 1 - 0.15 / height, title, color=INK, fontsize=9, **_CENTRED)
    for index, panel in enumerate(panels):
        if panel is None:
            continue
        row, column = divmod(index, columns)
        left = column * _CELL + _GAP / 2
        bottom = height - _TITLE - row * (_CELL + _TEXT) - _CELL
        side = _CELL - _GAP
        axes = figure.add_axes((left / width, bottom / height, side / width, side / height))
        axes.set_axis_off()
        axes.set_title(panel.title, fontsize=9, color=INK, parse_math=False)
        panel.paint(axes)
        middle, below = (left + side / 2) / width, (bottom - 0.06) / height
        figure.text(middle, below, panel.caption, fontsize=7, color=GREY, linespacing=1.3, **_CENTRED)
    with readable(figure):
        figure.savefig(file, format=form, dpi=200)


def mosaic(axes: Axes, maps: NDArray[np.float64], limit: float) -> None:
    """Draw maps (maps, height, width), two per row; small ones with their numbers."""
    columns = min(2, len(maps))
    rows = -(-len(maps) // columns)
    _, height, width = maps.shape
    gap = max(1, round(max(height, width) / 10))
    board = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap), np.nan)
    for index, values in enumerate(maps):
        top, left = index // columns * (height + gap), index % columns * (width + gap)
        board[top : top + height, left : left + width] = values
    axes.imshow(board, cmap=SIGNED, vmin=-limit, vmax=limit, interpolation="nearest")
    if max(board.shape) <= _MAX_NUMBERED_SIDE:
        for row, column in np.argwhere(np.isfinite(board)):
            value = float(board[row, column])
            colour = "white" if abs(value) > 0.6 * limit else INK
            axes.text(column, row, number(value), ha="center", va="center", fontsize=7, color=colour)


def picture(
    axes: Axes, pixels: NDArray[np.uint8], extent: tuple[float, float, float, float] | None = None
) -> None:
    """Draw a picture, (height, width, 1 or 3).

    Args:
        axes: Where to draw it.
        pixels: The picture.
        extent: Left, right, bottom and top on the axes; None: one unit per pixel.
    """
    grey = pixels.shape[2] == 1
    shown = pixels[:, :, 0] if grey else pixels
    axes.imshow(shown, cmap="gray", vmin=0, vmax=255, interpolation="nearest", extent=extent)


def bars(
    axes: Axes,
    shares: Sequence[tuple[str, float]],
    form: Callable[[float], str],
    colour: Callable[[float], str],
) -> None:
    """Draw horizontal bars, at most `MAX_BARS`, each with its name and value."""
    values = [value for _, value in shares]
    farthest = max(map(abs, values)) or 1.0
    axes.barh(range(len(shares)), values, height=0.25, color=[colour(value) for value in values])
    for index, (name, value) in enumerate(shares):
        axes.text(0, index - 0.26, f"{name}  {form(value)}", fontsize=7, color=INK, parse_math=False)
    lowest = -1.1 * farthest if min(values) < 0 else 0
    axes.set_xlim(lowest, 1.1 * farthest)
    axes.set_ylim(max(len(shares), MAX_BARS) - 0.5, -0.6)


def number(value: float) -> str:
    """Format a number with three significant digits and a true minus sign.

    Example:
        >>> number(-1534.2), number(0.0625), number(2)
        ('−1,534', '0.0625', '2')
    """
    return (f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}").replace("-", "−")
