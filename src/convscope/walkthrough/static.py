"""A walk as a still figure for a paper or a slide: the steps from left to right, row by row.

Of each convolution the most active maps after ReLU are shown, and the same maps after pooling. Colours are on
a scale around 0, which is the same before and after ReLU.
"""

from __future__ import annotations

import math
from typing import IO, TYPE_CHECKING, Literal

import numpy as np

from convscope.common.palette import BLUE, GREY, ORANGE_RED
from convscope.common.printable import printable
from convscope.walkthrough.document import (
    ConvolutionStep,
    FullConnectionStep,
    ImageStep,
    PoolingStep,
    ReluStep,
    SoftmaxStep,
    Walk,
)
from convscope.walkthrough.panels import MAX_BARS, Panel, bars, lay_out, mosaic, number, percent, picture

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

_COLUMNS = 6
_MAX_MAPS = 4


def draw(walk: Walk, file: IO[bytes], form: Literal["png", "pdf"]) -> None:
    """Draw a walk into a file."""
    title = f"{walk.network}   {printable(walk.picture_name)[-60:]}"
    if walk.predicted is None:
        lay_out([*_filter_panels(walk)], title, file, form, columns=3)
    else:
        best = f"{printable(walk.classes[walk.predicted])} {percent(walk.probabilities[walk.predicted])}"
        lay_out([*_panels(walk, walk.predicted)], f"{title}   {best}", file, form, columns=_COLUMNS)


def _panels(walk: Walk, predicted: int) -> Iterator[Panel]:
    maps: NDArray[np.float64] = np.zeros((0, 0, 0))
    chosen: list[int] = []
    for step, following in zip(walk.steps, [*walk.steps[1:], None], strict=True):
        match step:
            case ImageStep():
                maps, chosen = step.output.values(), [*range(len(step.output.values()))]
                yield _image(step)
            case ConvolutionStep():
                maps = step.output.values()
                chosen = _most_active(maps)
                yield _maps(step.notation, maps, chosen, f"convolution, {_times(step.shape)}")
            case ReluStep() if maps.ndim == 3:
                limit = float(np.abs(maps[chosen]).max(initial=0))
                maps = np.maximum(maps, 0)
                caption = f"{percent(step.silenced_fraction)} of the cells set to 0"
                yield _maps("ReLU", maps, chosen, caption, limit)
            case PoolingStep():
                maps = step.values(maps)
                yield _maps(
                    step.notation, maps, chosen, f"{step.kind.replace('_', ' ')}, {_times(step.shape)}"
                )
            case FullConnectionStep():
                maps = step.output.values()
                yield (
                    _neurons(step, walk, predicted) if not isinstance(following, ReluStep) else _hidden(step)
                )
            case SoftmaxStep():
                yield _softmax(step, walk)
            case _:
                pass


def _filter_panels(walk: Walk) -> Iterator[Panel | None]:
    """Yield a row for each filter: the picture (once), the filter, and its feature map."""
    image, convolution = walk.steps[:2]
    if not isinstance(image, ImageStep) or not isinstance(convolution, ConvolutionStep):
        raise TypeError
    maps, filters = convolution.output.values(), convolution.filters.values()
    for index, name in enumerate(convolution.filter_names or []):
        yield None if index else _image(image)
        yield _one_map(printable(name)[:24], filters[index, 0], "filter")
        yield _one_map("feature map", maps[index], _times(maps[index].shape))


def _one_map(title: str, values: NDArray[np.float64], caption: str) -> Panel:
    limit = float(np.abs(values).max(initial=0)) or 1.0
    return Panel(
        title,
        f"{caption}\nfrom {number(-limit)} to {number(limit)}",
        lambda axes: mosaic(axes, values[np.newaxis], limit),
    )


def _image(step: ImageStep) -> Panel:
    pixels = step.pixels.values().transpose(1, 2, 0)
    return Panel("image", _times(step.shape), lambda axes: picture(axes, pixels))


def _most_active(maps: NDArray[np.float64]) -> list[int]:
    """Return the maps with the largest sums after ReLU, the largest first."""
    sums = np.maximum(maps, 0).sum(axis=(1, 2))
    return np.argsort(-sums, kind="stable")[:_MAX_MAPS].tolist()


def _maps(
    title: str,
    maps: NDArray[np.float64],
    chosen: Sequence[int],
    caption: str,
    limit: float | None = None,
) -> Panel:
    shown = maps[list(chosen)]
    limit = limit or float(np.abs(shown).max(initial=0)) or 1.0
    named = f"maps {', '.join(map(str, chosen))}" if len(chosen) > 1 else f"map {chosen[0]}"
    legend = f"{caption}\n{named}\nfrom {number(-limit)} to {number(limit)}"
    return Panel(title, legend, lambda axes: mosaic(axes, shown, limit))


def _hidden(step: FullConnectionStep) -> Panel:
    """Draw the neurons after ReLU as a block of cells, row by row."""
    values = np.maximum(step.output.values(), 0)
    columns = math.ceil(math.sqrt(len(values)))
    block = np.full(columns * -(-len(values) // columns), np.nan)
    block[: len(values)] = values
    limit = float(values.max(initial=0)) or 1.0
    caption = f"full connection and ReLU, {len(values)} neurons\nfrom {number(-limit)} to {number(limit)}"
    return Panel(step.notation, caption, lambda axes: mosaic(axes, block.reshape(1, -1, columns), limit))


def _neurons(step: FullConnectionStep, walk: Walk, predicted: int) -> Panel:
    """Draw the largest contributions to the predicted class's logit, the sum of the others, and the bias."""
    contributions = step.contributions
    products, inputs = contributions.products.values()[predicted], contributions.inputs.values()[predicted]
    shown = [
        (f"input {index}", float(product))
        for index, product in zip(inputs[: (MAX_BARS - 2)], products[: (MAX_BARS - 2)], strict=True)
    ]
    rest = float(products[(MAX_BARS - 2) :].sum() + contributions.rest_sums.values()[predicted])
    shown += [("the others", rest)] if len(products) + contributions.rest_count > (MAX_BARS - 2) else []
    shown += [("bias", float(step.bias.values()[predicted]))]
    total = float(step.output.values()[predicted])
    caption = f"contributions to {number(total)},\nthe logit of {printable(walk.classes[predicted])}"
    return Panel("full connection", caption, lambda axes: bars(axes, shown, number, _by_sign))


def _softmax(step: SoftmaxStep, walk: Walk) -> Panel:
    best = np.argsort([-share for share in step.calibrated], kind="stable")[: (MAX_BARS - 2)]
    shown = [(printable(walk.classes[index])[:16], step.calibrated[index]) for index in best.tolist()]
    at = f" at temperature {walk.temperature:.3g}" if walk.temperature != 1 else ""
    caption = f"probabilities{at}"
    if walk.truth is not None:
        caption += f"\ntruth: {printable(walk.classes[walk.truth])}"
    return Panel("softmax", caption, lambda axes: bars(axes, shown, percent, lambda _: GREY))


def _by_sign(value: float) -> str:
    return ORANGE_RED if value > 0 else BLUE


def _times(shape: Sequence[int]) -> str:
    return " × ".join(map(str, shape))
