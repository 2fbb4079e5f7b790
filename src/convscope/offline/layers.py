"""The network's layers as the page computes them, on channels-last maps.

A full connection is a convolution whose window is the whole map, so there are only two kinds of layer:

    product   the windows, unrolled into rows (im2col), times the filters; plus bias, then ReLU if it follows
    pooling   the largest number or the mean of each window; windows may overhang

Weights are written in channels-last order.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import numpy as np

from convscope.offline.weights import split
from convscope.steps.windows import Windows

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from convscope.model.file import Model
    from convscope.network.chain import Step


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
        >>> [(layer["kind"], layer["window"], layer["output"]) for layer in describe(model)]
        [('max_pooling', (2, 2), [1, 1, 3]), ('product', (1, 1), [1, 1, 2])]
    """
    return [_describe(step, model) for step in model.chain.layers]


def describe_open_set(model: Model) -> dict[str, object] | None:
    """Describe the model's open-set rule; None if it has none."""
    if model.open_set is None:
        return None
    features = model.chain.features
    maps = features.input_shape if features.kind == "flattening" else (*features.shape, 1, 1)
    origin, directions = (
        np.moveaxis(rows.reshape(-1, *maps), 1, -1).astype("<f4")
        for rows in (model.open_set.origin, model.open_set.directions.T)
    )
    return {
        "origin": _text(origin),
        "directions": _text(directions),
        "scale": model.open_set.scale,
        "threshold": model.open_set.threshold,
    }


def _describe(step: Step, model: Model) -> dict[str, object]:
    channels, *sides = (*step.shape, 1, 1)[:3]
    return {**LAYERS[step.family](step, model), "output": [*sides, channels]}


def _pooling(step: Step, _model: Model) -> dict[str, object]:
    return {"kind": step.kind, "window": step.windows.size, "stride": step.windows.stride}


def _convolution(step: Step, model: Model) -> dict[str, object]:
    return _product(step, model, step.input_shape[0], step.windows)


def _full_connection(step: Step, model: Model) -> dict[str, object]:
    before = model.chain[step.inputs[0]]
    channels, height, width = before.input_shape if before.kind == "flattening" else (*before.shape, 1, 1)
    return _product(step, model, channels, Windows((height, width), (height, width)))


def _product(step: Step, model: Model, channels: int, windows: Windows) -> dict[str, object]:
    weight, bias = (model.weights[name] for name in step.parameters)
    multiples, scales = split(weight.reshape(-1, channels, *windows.size).transpose(0, 2, 3, 1))
    return {
        "kind": "product",
        "window": windows.size,
        "stride": windows.stride,
        "padding": windows.padding,
        "weights": _text(multiples.astype("<i2")),
        "scales": _text(scales.astype("<f4")),
        "bias": _text(bias.astype("<f4")),
        "relu": model.chain.activation(step).kind == "relu",
    }


LAYERS: dict[str, Callable[[Step, Model], dict[str, object]]] = {
    "convolution": _convolution,
    "pooling": _pooling,
    "full_connection": _full_connection,
}
"""How each family of steps that stand for layers is described to the page."""


def _text(numbers: NDArray[np.generic]) -> str:
    return base64.b64encode(np.ascontiguousarray(numbers).tobytes()).decode()
