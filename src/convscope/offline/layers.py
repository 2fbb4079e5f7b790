"""The network's layers in the page's format, for channels-last maps.

Each layer has the name of its last step, the names of its input steps, and one of these kinds:

    convolution             windows as rows (im2col), times the filters; plus bias, then the activation
    depthwise_convolution   the same with one filter per map
    *_pooling               the largest number or the mean of each window
    addition                the sum of two inputs
    joining                 the maps of all inputs side by side

A full connection is a convolution whose window is the whole map. Activations belong to the layer before them;
flattening needs no layer. Cells outside the map (padding or overhang) are 0 in convolutions, and ignored in
poolings. Weights are written in channels-last order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from convscope.offline.weights import is_rounded, split
from convscope.steps.windows import Windows
from convscope.walkthrough.arrays import EncodedArray, as_text, encode, encode_multiples

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from convscope.model.file import Model
    from convscope.network.chain import Chain, Step

_SMALLEST = 9
"""Compression level of zlib."""


def describe(model: Model) -> list[dict[str, object]]:
    """Describe the layers of a model, output layer included, as JSON values.

    Example:
        >>> from convscope.model.file import Model
        >>> from convscope.network.chain_builder import parse_chain
        >>> from convscope.pictures.preparation import Preparation
        >>> weights = {"full_connection_1.weight": np.ones((2, 3), np.float32),
        ...            "full_connection_1.bias": np.zeros(2, np.float32)}
        >>> size = Preparation(3, 2, 2)
        >>> chain = parse_chain("MP2", size.shape, 2)
        >>> model = Model(chain, ("cat", "dog"), size, (0,) * 3, (255,) * 3, weights)
        >>> [(layer["name"], layer["kind"], layer["inputs"], layer["output"]) for layer in describe(model)]
        ... # doctest: +NORMALIZE_WHITESPACE
        [('max_pooling_1', 'max_pooling', ['image'], [1, 1, 3]),
         ('full_connection_1', 'convolution', ['max_pooling_1'], [1, 1, 2])]
    """
    return [_describe(step, model) for step in model.chain if step.family in LAYERS]


def describe_open_set(model: Model) -> dict[str, object] | None:
    """Describe the model's open-set rule; None if it has none."""
    rule = model.open_set
    if rule is None:
        return None
    tensors = dict(rule.tensors())
    known = tensors.pop("known", None)
    arrays = {name: as_text(_channels_last(array.T, model)) for name, array in tensors.items()}
    if known is not None:
        arrays["known"] = as_text(known.astype("<f4"))
    numbers = {name: value for name, value in rule.numbers().items() if name != "pictures"}  # their digests
    return {**numbers, **arrays}


def _channels_last(rows: NDArray[np.float32], model: Model) -> NDArray[np.float32]:
    """Reorder numbers that belong to features, in one or several rows, to the page's order of features."""
    features = model.chain.features
    maps = features.input_shape if features.kind == "flattening" else (*features.shape, 1, 1)
    return np.moveaxis(rows.reshape(-1, *maps), 1, -1).astype("<f4")


def _describe(step: Step, model: Model) -> dict[str, object]:
    chain = model.chain
    channels, *sides = (*step.shape, 1, 1)[:3]
    return {
        "name": chain.activation(step).name,
        "inputs": [_maps(chain[name], chain).name for name in step.inputs],
        "output": [*sides, channels],
        **LAYERS[step.family](step, model),
    }


def _maps(step: Step, chain: Chain) -> Step:
    """Return the step whose maps are flattened, or the step itself."""
    return chain[step.inputs[0]] if step.kind == "flattening" else step


def _same(step: Step, _model: Model) -> dict[str, object]:
    return {"kind": step.kind}


def _pooling(step: Step, _model: Model) -> dict[str, object]:
    return {"kind": step.kind, "window": step.windows.size, "stride": step.windows.stride}


def _convolution(step: Step, model: Model) -> dict[str, object]:
    weight = model.weights[f"{step.name}.weight"].transpose(0, 2, 3, 1)
    return _filters(step, model, "convolution", step.windows, weight)


def _depthwise_convolution(step: Step, model: Model) -> dict[str, object]:
    weight = model.weights[f"{step.name}.weight"][:, 0]
    return _filters(step, model, step.kind, step.windows, weight)


def _full_connection(step: Step, model: Model) -> dict[str, object]:
    before = _maps(model.chain[step.inputs[0]], model.chain)
    channels, height, width = (*before.shape, 1, 1)[:3]
    weight = model.weights[f"{step.name}.weight"].reshape(-1, channels, height, width).transpose(0, 2, 3, 1)
    return _filters(step, model, "convolution", Windows((height, width)), weight)


def _filters(
    step: Step, model: Model, kind: str, windows: Windows, weight: NDArray[np.float32]
) -> dict[str, object]:
    activation = model.chain.activation(step)
    return {
        "kind": kind,
        "window": windows.size,
        "stride": windows.stride,
        "padding": windows.padding,
        "weights": _encode(weight).model_dump(),
        "bias": as_text(model.weights[f"{step.name}.bias"].astype("<f4")),
        "activation": "linear" if activation is step else activation.kind,
    }


LAYERS: dict[str, Callable[[Step, Model], dict[str, object]]] = {
    "convolution": _convolution,
    "depthwise_convolution": _depthwise_convolution,
    "pooling": _pooling,
    "addition": _same,
    "joining": _same,
    "full_connection": _full_connection,
}
"""The description of each family of steps; activations and flattening are part of other layers."""


def _encode(weight: NDArray[np.float32]) -> EncodedArray:
    if not is_rounded(weight):
        return encode(weight, "float32", _SMALLEST)
    return encode_multiples(*split(weight), _SMALLEST)
