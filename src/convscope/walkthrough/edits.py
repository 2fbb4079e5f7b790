"""Edits: changes to a trained network, to see their effect.

Models are not modified in place: applying a list of edits to a model gives a new model. An edit is undone by
removing it from the list.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Literal, cast

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from convscope.common.printable import printable
from convscope.errors import SettingError
from convscope.network.chain_builder import build_chain
from convscope.network.notation import MAX_CELLS, Join, Keep, Pooling
from convscope.network.variants import with_layers, without_activations
from convscope.steps.windows import Windows
from convscope.walkthrough.named_filters import parse_filter

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from convscope.model.file import Model
    from convscope.network.chain import Chain, Step
    from convscope.network.notation import Convolution, Layer

_LARGEST = float(np.finfo(np.float32).max)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class WeightEdit(_Strict):
    """A new value for one weight or bias."""

    kind: Literal["weight"] = "weight"
    tensor: str = Field(max_length=100, examples=["convolution_1.weight"])
    place: list[Annotated[int, Field(ge=0)]] = Field(
        min_length=1, max_length=4, description="Its index on each axis.", examples=[[0, 0, 1, 1]]
    )
    value: float = Field(ge=-_LARGEST, le=_LARGEST, allow_inf_nan=False)


class FilterEdit(_Strict):
    """A new filter, centred in the cells of the old one; the bias is unchanged."""

    kind: Literal["filter"] = "filter"
    step: str = Field(max_length=100, examples=["convolution_1"])
    filter: int = Field(ge=0)
    kernel: str = Field(
        max_length=100_000,
        description="A name, or rows: `0 -1 0 / -1 5 -1 / 0 -1 0`.",
        examples=["sharpen"],
    )
    channel: int | None = Field(
        default=None,
        ge=0,
        description="Input channel; if missing, the mean of all channels.",
    )


class GeometryEdit(_Strict):
    """A new stride and padding of the first convolution, [down, across] in cells."""

    kind: Literal["geometry"] = "geometry"
    stride: list[Annotated[int, Field(ge=1, le=MAX_CELLS)]] = Field(min_length=2, max_length=2)
    padding: list[Annotated[int, Field(ge=0, le=MAX_CELLS)]] = Field(min_length=2, max_length=2)


class ReluEdit(_Strict):
    """Every ReLU removed, or put back."""

    kind: Literal["relu"] = "relu"
    present: bool


Edit = Annotated[WeightEdit | FilterEdit | GeometryEdit | ReluEdit, Field(discriminator="kind")]


def apply_edits(model: Model, edits: Sequence[Edit]) -> Model:
    """Return a new model with the edits applied in order.

    After an edit it has no open-set rule, because the rule was fitted to the unedited network.

    Raises:
        SettingError: There is no such weight or filter, or the new filter, stride or padding does not fit.
        NotationError: A pooling would need a window larger than the notation allows.
        NetworkError: The maps become too small for later steps.
    """
    weights = {name: weight.copy() for name, weight in model.weights.items()}
    edited = replace(model, weights=weights, open_set=None if edits else model.open_set)
    for edit in edits:
        match edit:
            case WeightEdit():
                _set_weight(edited, edit)
            case FilterEdit():
                _set_filter(edited, edit)
            case GeometryEdit():
                edited = _with_geometry(edited, edit)
            case ReluEdit():
                pass  # only the last one counts, see below
    return edited if keeps_relu(edits) else replace(edited, chain=without_activations(edited.chain))


def keeps_relu(edits: Iterable[Edit]) -> bool:
    """Whether the network has ReLU after all edits."""
    return [True, *(edit.present for edit in edits if isinstance(edit, ReluEdit))][-1]


def overlap(new: int, old: int) -> NDArray[np.float64]:
    """Return the share of each old cell in each new cell when a side is divided differently, (new, old).

    Each column sums to 1, so that weights keep their sum when they are redistributed.

    Args:
        new: Number of new cells along the side.
        old: Number of old cells along the same side.

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
    cells = _centred(parse_filter(edit.kernel), height, width)
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
    """Return the model with a new stride and padding of its first convolution.

    This changes the size of the maps that are flattened. A neuron's weights for one map form a map of that
    size. Each weight is redistributed over the new cells at its position, so that a constant map has the same
    effect.
    """
    first = next((step for step in model.chain if step.kind == "convolution"), None)
    if first is None:
        raise SettingError("the network has no convolution whose stride or padding could change")
    (down, across), (rows, columns) = edit.stride, edit.padding
    size = first.windows.size
    if rows >= size[0] or columns >= size[1]:
        raise SettingError(
            f"a padding of {rows} × {columns} is too wide",
            why=f"the window has {size[0]} × {size[1]} cells, so some windows would contain only padding",
        )
    windows = replace(first.windows, stride=(down, across), padding=(rows, columns))
    chain = _with_windows(model.chain, first, windows)
    changed = replace(model, chain=chain)
    old, new = model.chain["flattening"], chain["flattening"]
    if old.shape == new.shape:
        return changed
    name = "full_connection_1.weight"
    spread = _spread(model.weights[name], old.input_shape, new.input_shape)
    return replace(changed, weights={**model.weights, name: spread})


def _with_windows(chain: Chain, first: Step, windows: Windows) -> Chain:
    """Return the chain with new windows for its first convolution; global poolings stay global."""
    steps = iter(chain.layers)
    changed: list[Layer] = []  # flat, also inside shortcuts, which preserve shapes

    def change(layer: Layer) -> Layer:
        if isinstance(layer, (Keep, Join)):  # without its own step, or with the steps of the last maps
            changed.append(layer)
            return layer
        step = next(steps)
        if step is first:
            layer = replace(cast("Convolution", layer), windows=windows)
        elif step.pools_whole_maps and isinstance(layer, Pooling):
            _, height, width = build_chain(changed, chain.input_shape, 1).features.input_shape
            layer = replace(layer, windows=Windows((height, width), (height, width)))
        changed.append(layer)
        return layer

    return with_layers(chain, change)


def _spread(
    weights: NDArray[np.float32], before: tuple[int, ...], after: tuple[int, ...]
) -> NDArray[np.float32]:
    maps = weights.reshape(len(weights), *before)
    down, across = overlap(after[1], before[1]), overlap(after[2], before[2])
    return (down @ maps @ across.T).reshape(len(weights), -1).astype(np.float32)
