"""A walk as a static figure for a paper or a slide: the steps from left to right, row by row.

For each convolution, the most active maps are shown, and the same maps after activation and pooling. The
colour scale is symmetric around 0, and the same before and after ReLU.
"""

from __future__ import annotations

import math
from typing import IO, TYPE_CHECKING, Literal

import numpy as np

from convscope.common.palette import BLUE, GREY, ORANGE_RED
from convscope.common.percent import percent
from convscope.common.printable import printable
from convscope.walkthrough.document import (
    ConvolutionStep,
    FullConnectionStep,
    ImageStep,
    PoolingStep,
    Relu6Step,
    ReluStep,
    SigmoidStep,
    SoftmaxStep,
    TemperatureStep,
    Walk,
)
from convscope.walkthrough.outputs import outputs
from convscope.walkthrough.panels import MAX_BARS, Panel, bars, lay_out, mosaic, number, picture

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from convscope.walkthrough.document import AnyStep

_COLUMNS = 6
_MAX_MAPS = 4
_MAX_NOTATION = 80  # characters in the title of the figure
_MAX_STEPS = 40  # steps with maps; in deeper networks not all are drawn
_MAPS = 3  # axes: channel, row, column
_SAME_MAPS = {"relu", "relu6", "depthwise_convolution"}
"""Kinds of steps, in addition to pooling, whose output map k depends only on input map k."""


def draw(walk: Walk, file: IO[bytes], form: Literal["png", "pdf"]) -> None:
    """Draw a walk into a file."""
    network = walk.network if len(walk.network) <= _MAX_NOTATION else f"{walk.network[:_MAX_NOTATION]} ..."
    title = f"{network}   {printable(walk.picture_name)[-60:]}"
    if walk.predicted is None:
        lay_out([*_filter_panels(walk)], title, file, form, columns=3)
    else:
        best = _answer(walk, walk.predicted)
        lay_out([*_panels(walk, walk.predicted)], f"{title}   {best}", file, form, columns=_COLUMNS)


def _answer(walk: Walk, predicted: int) -> str:
    found = [predicted] if walk.labels is None else walk.labels.answer
    named = [f"{printable(walk.classes[one])} {percent(walk.probabilities[one])}" for one in found]
    return ", ".join(named[:MAX_BARS]) or "none of the labels"


def _panels(walk: Walk, predicted: int) -> Iterator[Panel]:
    values, shown = outputs(walk), _shown_steps(walk)
    chosen: dict[str, list[int]] = {}
    for step, following in zip(walk.steps[:-1], walk.steps[1:], strict=True):
        maps = values[step.name]
        if maps.ndim == _MAPS:
            same_maps = step.kind in _SAME_MAPS or isinstance(step, PoolingStep)
            chosen[step.name] = chosen[step.inputs[0]] if same_maps else _most_active(maps)
        if step.name not in shown:
            continue
        match step:
            case ImageStep():
                yield _image(step)
            case FullConnectionStep():
                hidden = not isinstance(following, TemperatureStep | SoftmaxStep | SigmoidStep)
                yield _hidden(step, maps) if hidden else _neurons(step, walk, predicted)
            case SoftmaxStep() | SigmoidStep():
                yield _probabilities(step, walk)
            case _ if maps.ndim == _MAPS and maps[0].size > 1:
                yield _step_maps(step, values, chosen[step.name])
            case _:
                pass


def _shown_steps(walk: Walk) -> set[str]:
    """Return the names of the steps to draw; in a deep network, the last maps of each size."""
    names = {step.name for step in walk.steps}
    with_maps = [step for step in walk.steps if len(step.shape) == _MAPS]
    if len(with_maps) <= _MAX_STEPS:
        return names
    last = {tuple(step.shape[1:]): step.name for step in with_maps}
    return names - {step.name for step in with_maps} | {*last.values(), walk.steps[0].name}


def _step_maps(step: AnyStep, values: dict[str, NDArray[np.float64]], chosen: list[int]) -> Panel:
    maps = values[step.name]
    title, caption = step.notation, f"{step.kind.replace('_', ' ')}, {_times(step.shape)}"
    limit = None
    if isinstance(step, (ReluStep, Relu6Step)):
        title = "ReLU6" if isinstance(step, Relu6Step) else "ReLU"
        caption = f"{percent(step.silenced_fraction)} of the cells set to 0"
        limit = float(np.abs(values[step.inputs[0]][chosen]).max(initial=0))
    return _maps(title or step.kind, maps, chosen, caption, limit)


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


def _hidden(step: FullConnectionStep, values: NDArray[np.float64]) -> Panel:
    """Draw the neurons, before activation, as a block of cells, row by row."""
    columns = math.ceil(math.sqrt(len(values)))
    block = np.full(columns * -(-len(values) // columns), np.nan)
    block[: len(values)] = values
    limit = float(np.abs(values).max(initial=0)) or 1.0
    caption = f"full connection, {len(values)} neurons\nfrom {number(-limit)} to {number(limit)}"
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


def _probabilities(step: SoftmaxStep | SigmoidStep, walk: Walk) -> Panel:
    best = np.argsort([-share for share in step.output], kind="stable")[: (MAX_BARS - 2)]
    shown = [(printable(walk.classes[index])[:16], step.output[index]) for index in best.tolist()]
    at = f" at temperature {walk.temperature:.3g}" if walk.temperature != 1 else ""
    caption = f"probabilities{at}"
    if walk.truth is not None:
        caption += f"\ntruth: {_truth(walk, walk.truth)}"
    return Panel(step.kind, caption, lambda axes: bars(axes, shown, percent, lambda _: GREY))


def _truth(walk: Walk, number: int) -> str:
    members = [number] if walk.labels is None else walk.labels.sets[number]
    return ", ".join(printable(walk.classes[one]) for one in members) or "none of the labels"


def _by_sign(value: float) -> str:
    return ORANGE_RED if value > 0 else BLUE


def _times(shape: Sequence[int]) -> str:
    return " × ".join(map(str, shape))
