"""Edits: what a person changes in a trained network to see what follows, as a list of values.

Nothing is changed in place. A model and a list of edits give another model, so that an edit is undone by
leaving it out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Literal, cast

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from convscope.common.printable import printable
from convscope.errors import SettingError
from convscope.network.notation import MOST_CELLS, Convolution, Pooling, write
from convscope.network.shapes import covers_all, stages
from convscope.walkthrough.kernels import kernel

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from convscope.model.file import Model
    from convscope.network.notation import Layer
    from convscope.network.shapes import Stage

_LARGEST = float(np.finfo(np.float32).max)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class WeightEdit(_Strict):
    """Another number for one weight or bias."""

    kind: Literal["weight"] = "weight"
    tensor: str = Field(max_length=100, examples=["convolution_1.weight"])
    place: list[Annotated[int, Field(ge=0)]] = Field(
        min_length=1, max_length=4, description="Its index on every axis.", examples=[[0, 0, 1, 1]]
    )
    value: float = Field(ge=-_LARGEST, le=_LARGEST, allow_inf_nan=False)


class FilterEdit(_Strict):
    """Another filter, in the middle of the cells that there are; its bias stays."""

    kind: Literal["filter"] = "filter"
    step: str = Field(max_length=100, examples=["convolution_1"])
    filter: int = Field(ge=0)
    kernel: str = Field(
        max_length=100_000,
        description="A name, or rows: `0 -1 0 / -1 5 -1 / 0 -1 0`.",
        examples=["sharpen"],
    )
    channel: int | None = Field(
        default=None, ge=0, description="For this input alone; left out, for the mean of all inputs."
    )


class GeometryEdit(_Strict):
    """Another stride and padding of the first convolution, [down, across] in cells."""

    kind: Literal["geometry"] = "geometry"
    stride: list[Annotated[int, Field(ge=1, le=MOST_CELLS)]] = Field(min_length=2, max_length=2)
    padding: list[Annotated[int, Field(ge=0, le=MOST_CELLS)]] = Field(min_length=2, max_length=2)


class ReluEdit(_Strict):
    """Every ReLU left out, or put back."""

    kind: Literal["relu"] = "relu"
    present: bool


Edit = Annotated[WeightEdit | FilterEdit | GeometryEdit | ReluEdit, Field(discriminator="kind")]


@dataclass(frozen=True, slots=True)
class Edited:
    """A network with all edits made.

    Attributes:
        model: With the weights, and the stride and padding, as they are now.
        rectify: Whether ReLU takes part. A model has it always, so it cannot say so itself.
    """

    model: Model
    rectify: bool = True


def edited(model: Model, edits: Iterable[Edit]) -> Edited:
    """Make edits, one after the other; the model that is given stays as it is.

    What tells unknown pictures is left out: it was fitted to what the network gave before.

    Raises:
        SettingError: There is no such weight or filter, or the new filter, stride or padding does not fit.
        NotationError: A pooling would need a window larger than the notation knows.
        NetworkError: The maps become too small for the steps that follow.
    """
    weights = {name: weight.copy() for name, weight in model.weights.items()}
    found = Edited(replace(model, weights=weights, rejection=None))
    for edit in edits:
        match edit:
            case WeightEdit():
                _set_weight(found.model, edit)
            case FilterEdit():
                _set_filter(found.model, edit)
            case GeometryEdit():
                found = replace(found, model=_with_geometry(found.model, edit))
            case ReluEdit(present=present):
                found = replace(found, rectify=present)
    return found


def overlap(new: int, old: int) -> NDArray[np.float64]:
    """How much of each of `old` cells lies in each of `new` cells of the same whole: (new, old).

    Each column sums to 1, so that weights keep their sum when they are spread over other cells.

    Example:
        >>> overlap(3, 2).round(2).tolist()
        [[0.67, 0.0], [0.33, 0.33], [0.0, 0.67]]
    """
    start, at = np.arange(new)[:, np.newaxis] / new, np.arange(old) / old
    shared = np.minimum(start + 1 / new, at + 1 / old) - np.maximum(start, at)
    return np.maximum(shared, 0) * old


def _set_weight(model: Model, edit: WeightEdit) -> None:
    tensor = model.weights.get(edit.tensor)
    if tensor is None:
        known = ", ".join(model.weights)
        raise SettingError(
            f"the network has no weights {printable(edit.tensor)!r}", remedy=f"choose from {known}"
        )
    if len(edit.place) != tensor.ndim or any(
        at >= side for at, side in zip(edit.place, tensor.shape, strict=False)
    ):
        raise SettingError(f"{edit.tensor} has no weight at {edit.place}", why=f"its shape is {tensor.shape}")
    tensor[tuple(edit.place)] = edit.value


def _set_filter(model: Model, edit: FilterEdit) -> None:
    filters = model.weights.get(f"{edit.step}.weight")
    if filters is None or filters.ndim != 4:
        raise SettingError(f"the network has no convolution {printable(edit.step)!r}")
    count, channels, height, width = filters.shape
    if edit.filter >= count or (edit.channel or 0) >= channels:
        raise SettingError(
            f"{edit.step} has no such filter", why=f"it has {count} filters of {channels} channels"
        )
    cells = _centred(kernel(edit.kernel), height, width)
    if edit.channel is None:
        filters[edit.filter] = cells / channels
    else:
        filters[edit.filter, edit.channel] = cells


def _centred(cells: NDArray[np.float64], height: int, width: int) -> NDArray[np.float64]:
    rows, columns = cells.shape
    if rows > height or columns > width:
        raise SettingError(
            f"a filter of {rows} × {columns} cells does not fit",
            why=f"the filters of this step have {height} × {width}",
        )
    top, left = (height - rows) // 2, (width - columns) // 2
    framed = np.zeros((height, width))
    framed[top : top + rows, left : left + columns] = cells
    return framed


def _with_geometry(model: Model, edit: GeometryEdit) -> Model:
    """The same filters with another stride and padding.

    The maps that are flattened get another size by it. To a neuron its weights for a map are a map of their
    own; each of them is spread over the cells that now lie where its cell lay, so that an even map counts as
    much as before.
    """
    before = model.stages()
    first = next((stage for stage in before if isinstance(stage.layer, Convolution)), None)
    if first is None:
        raise SettingError("the network has no convolution whose stride or padding could change")
    down, across = edit.padding
    size = cast("Convolution", first.layer).size
    if down >= size[0] or across >= size[1]:
        raise SettingError(
            f"a padding of {down} × {across} is too wide",
            why=f"the window has {size[0]} × {size[1]} cells, and some windows would see nothing",
        )
    layers = _layers(before, first, edit)
    changed = replace(model, notation=write(layers))
    after = changed.stages()
    full = next(place for place, stage in enumerate(after) if stage.name == "full_connection_1")
    name = "full_connection_1.weight"
    weights = model.weights[name]
    if weights.shape[1:] != after[full].input_shape:
        spread = _spread(weights, before[full - 1].output_shape, after[full - 1].output_shape)
        changed = replace(changed, weights={**model.weights, name: spread})
    return changed


def _layers(before: tuple[Stage, ...], first: Stage, edit: GeometryEdit) -> list[Layer]:
    """The layers with the new stride and padding; a pooling of whole maps stays one."""
    layers: list[Layer] = []
    for stage in before[:-1]:
        layer = stage.layer
        if stage is first:
            (down, across), (rows, columns) = edit.stride, edit.padding
            layer = replace(cast("Convolution", layer), stride=(down, across), padding=(rows, columns))
        elif isinstance(layer, Pooling) and covers_all(stage):
            _, height, width = _shape_after(layers, before[0].input_shape)
            layer = replace(layer, window=(height, width), stride=(height, width))
        layers.append(layer)
    return layers


def _shape_after(layers: list[Layer], shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of what layers give out; an output layer is put behind them, and looked in front of."""
    channels, height, width = shape
    chain = stages(layers, (channels, height, width), 1)
    return chain[-2].output_shape if layers else shape


def _spread(
    weights: NDArray[np.float32], before: tuple[int, ...], after: tuple[int, ...]
) -> NDArray[np.float32]:
    maps = weights.reshape(len(weights), *before)
    down, across = overlap(after[1], before[1]), overlap(after[2], before[2])
    return (down @ maps @ across.T).reshape(len(weights), -1).astype(np.float32)
