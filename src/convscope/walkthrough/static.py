"""A walk as one still figure for a paper or a slide: the stages from left to right, row by row.

Of every stage the maps that answer most strongly after ReLU are shown, the same ones after pooling, each on
one scale around 0, the same before and after ReLU: blue below 0, near-white 0, orange-red above, as on the
page.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, Literal

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from convscope.printable import printable
from convscope.training.figures import BLUE, DIVERGING, GREY, INK, ORANGE_RED
from convscope.walkthrough.document import (
    AveragePoolingStep,
    ConvolutionStep,
    FullConnectionStep,
    ImageStep,
    MaxPoolingStep,
    ReluStep,
    SoftmaxStep,
    Walk,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

SIGNED = DIVERGING.reversed()
"""Blue for -1, near-white for 0, orange-red for 1."""

_COLUMNS = 6
_CELL, _GAP, _TEXT, _TITLE = 1.9, 0.3, 0.7, 0.35
"""In inches: a panel with its gap, the text below it, and the title of all."""
_MOST_MAPS = 4
_MOST_BARS = 6
_MOST_DIGITS = 6  # cells in a row; smaller ones cannot hold their number
_CENTRED: dict[str, Any] = {"ha": "center", "va": "top", "parse_math": False}


@dataclass(frozen=True, slots=True)
class _Panel:
    title: str
    caption: str
    paint: Callable[[Axes], None]


def draw(walk: Walk, file: IO[bytes], form: Literal["png", "pdf"]) -> None:
    """Draw a walk into a file."""
    panels = [*_panels(walk)]
    columns = min(_COLUMNS, len(panels))
    width, height = columns * _CELL, -(-len(panels) // columns) * (_CELL + _TEXT) + _TITLE
    figure = Figure(figsize=(width, height), facecolor="white")
    FigureCanvasAgg(figure)
    figure.text(0.5, 1 - 0.15 / height, _title(walk), color=INK, fontsize=9, **_CENTRED)
    for place, panel in enumerate(panels):
        row, column = divmod(place, columns)
        left = column * _CELL + _GAP / 2
        bottom = height - _TITLE - row * (_CELL + _TEXT) - _CELL
        side = _CELL - _GAP
        axes = figure.add_axes((left / width, bottom / height, side / width, side / height))
        axes.set_axis_off()
        axes.set_title(panel.title, fontsize=9, color=INK, parse_math=False)
        panel.paint(axes)
        middle, below = (left + side / 2) / width, (bottom - 0.06) / height
        figure.text(middle, below, panel.caption, fontsize=7, color=GREY, linespacing=1.3, **_CENTRED)
    with warnings.catch_warnings():
        # a letter the font lacks is drawn as a box
        warnings.filterwarnings("ignore", message=r"Glyph .* missing from font")
        figure.savefig(file, format=form, dpi=200)


def _title(walk: Walk) -> str:
    best = f"{printable(walk.classes[walk.predicted])} {walk.probabilities[walk.predicted]:.1%}"
    return f"{walk.network}   {printable(walk.picture_name)[-60:]}   {best}"


def _panels(walk: Walk) -> Iterator[_Panel]:
    maps: NDArray[np.float64] = np.zeros((0, 0, 0))
    chosen: list[int] = []
    for step, following in zip(walk.steps, [*walk.steps[1:], None], strict=True):
        match step:
            case ImageStep():
                maps, chosen = step.output.values(), [*range(len(step.output.values()))]
                pixels = step.pixels.values().transpose(1, 2, 0)
                yield _Panel("image", _times(step.shape), lambda axes, pixels=pixels: _picture(axes, pixels))
            case ConvolutionStep():
                maps = step.output.values()
                chosen = _most_active(maps)
                yield _maps(step.notation, maps, chosen, f"convolution, {_times(step.shape)}")
            case ReluStep() if maps.ndim == 3:
                limit = float(np.abs(maps[chosen]).max(initial=0))
                maps = np.maximum(maps, 0)
                caption = f"{step.silenced_fraction:.0%} of the cells silenced"
                yield _maps("ReLU", maps, chosen, caption, limit)
            case MaxPoolingStep() | AveragePoolingStep():
                maps = step.output.values()
                yield _maps(
                    step.notation, maps, chosen, f"{step.kind.replace('_', ' ')}, {_times(step.shape)}"
                )
            case FullConnectionStep():
                maps = step.output.values()
                yield _neurons(step, walk) if not isinstance(following, ReluStep) else _hidden(step)
            case SoftmaxStep():
                yield _softmax(step, walk)
            case _:
                pass


def _most_active(maps: NDArray[np.float64]) -> list[int]:
    """The maps with the largest sum after ReLU, the strongest first."""
    sums = np.maximum(maps, 0).sum(axis=(1, 2))
    return np.argsort(-sums, kind="stable")[:_MOST_MAPS].tolist()


def _maps(
    title: str,
    maps: NDArray[np.float64],
    chosen: Sequence[int],
    caption: str,
    limit: float | None = None,
) -> _Panel:
    shown = maps[list(chosen)]
    limit = limit or float(np.abs(shown).max(initial=0)) or 1.0
    named = f"maps {', '.join(map(str, chosen))}" if len(chosen) > 1 else f"map {chosen[0]}"
    legend = f"{caption}\n{named}\nfrom −{limit:.3g} to {limit:.3g}"
    return _Panel(title, legend, lambda axes: _mosaic(axes, shown, limit))


def _mosaic(axes: Axes, maps: NDArray[np.float64], limit: float) -> None:
    """Some maps as one picture, two in a row, a gap of a tenth between them."""
    columns = min(2, len(maps))
    rows = -(-len(maps) // columns)
    _, height, width = maps.shape
    gap = max(1, round(max(height, width) / 10))
    board = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap), np.nan)
    for place, one in enumerate(maps):
        top, left = place // columns * (height + gap), place % columns * (width + gap)
        board[top : top + height, left : left + width] = one
    axes.imshow(board, cmap=SIGNED, vmin=-limit, vmax=limit, interpolation="nearest")
    if max(board.shape) <= _MOST_DIGITS:
        for row, column in np.argwhere(np.isfinite(board)):
            value = board[row, column]
            colour = "white" if abs(value) > 0.6 * limit else INK
            text = f"{value:.3g}".replace("-", "−")
            axes.text(column, row, text, ha="center", va="center", fontsize=7, color=colour)


def _picture(axes: Axes, pixels: NDArray[np.uint8]) -> None:
    grey = pixels.shape[2] == 1
    axes.imshow(pixels[:, :, 0] if grey else pixels, cmap="gray", vmin=0, vmax=255, interpolation="nearest")


def _hidden(step: FullConnectionStep) -> _Panel:
    """The neurons after ReLU as a block of cells, row by row."""
    values = np.maximum(step.output.values(), 0)
    columns = math.ceil(math.sqrt(len(values)))
    block = np.full(columns * -(-len(values) // columns), np.nan)
    block[: len(values)] = values
    limit = float(values.max(initial=0)) or 1.0
    caption = f"full connection and ReLU, {len(values)} neurons\nfrom −{limit:.3g} to {limit:.3g}"
    return _Panel(step.notation, caption, lambda axes: _mosaic(axes, block.reshape(1, -1, columns), limit))


def _neurons(step: FullConnectionStep, walk: Walk) -> _Panel:
    """What adds most to the predicted class's logit, and what is left."""
    told = step.contributions[walk.predicted]
    products, inputs = told.products.values(), told.inputs.values()
    bars = [
        (f"input {index}", float(product))
        for index, product in zip(inputs[:_MOST_BARS], products[:_MOST_BARS], strict=True)
    ]
    rest = float(products[_MOST_BARS:].sum()) + told.rest_sum
    bars += [("the others", rest)] if len(products) + told.rest_count > _MOST_BARS else []
    bars += [("bias", float(step.bias.values()[walk.predicted]))]
    total = float(step.output.values()[walk.predicted])
    caption = f"what adds up to {total:.3g},\nthe logit of {printable(walk.classes[walk.predicted])}"
    return _Panel("full connection", caption, lambda axes: _bars(axes, bars, "{:+.3g}", _by_sign))


def _softmax(step: SoftmaxStep, walk: Walk) -> _Panel:
    best = np.argsort([-share for share in step.calibrated], kind="stable")[:_MOST_BARS]
    bars = [(printable(walk.classes[index])[:16], step.calibrated[index]) for index in best.tolist()]
    at = f" at temperature {walk.temperature:.3g}" if walk.temperature != 1 else ""
    caption = f"probabilities{at}"
    if walk.truth is not None:
        caption += f"\ntruth: {printable(walk.classes[walk.truth])}"
    return _Panel("softmax", caption, lambda axes: _bars(axes, bars, "{:.1%}", lambda _: GREY))


def _bars(axes: Axes, bars: Sequence[tuple[str, float]], form: str, colour: Callable[[float], str]) -> None:
    values = [value for _, value in bars]
    farthest = max(map(abs, values)) or 1.0
    axes.barh(range(len(bars)), values, height=0.25, color=[colour(value) for value in values])
    for place, (name, value) in enumerate(bars):
        number = form.format(value).replace("-", "−")
        axes.text(0, place - 0.26, f"{name}  {number}", fontsize=7, color=INK, parse_math=False)
    lowest = -1.1 * farthest if min(values) < 0 else 0
    axes.set_xlim(lowest, 1.1 * farthest)
    axes.set_ylim(max(len(bars), _MOST_BARS + 2) - 0.5, -0.6)


def _by_sign(value: float) -> str:
    return ORANGE_RED if value > 0 else BLUE


def _times(shape: Sequence[int]) -> str:
    return " x ".join(map(str, shape))
