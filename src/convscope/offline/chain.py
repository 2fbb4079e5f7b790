"""The network as the page computes it, on maps with the channels last.

A full connection is a convolution whose window is the whole map. So there are two kinds of stages only:

    product   windows of the map, unrolled into rows, times the filters; plus bias, then ReLU but at the end
    pooling   the largest or the mean cell of every window; windows may overhang

A map lies in memory row by row, the channels of a cell side by side. Weights are put into that order here.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import numpy as np

from convscope.network.notation import Convolution, FullConnection, Pooling
from convscope.offline.weights import split

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from convscope.model.file import Model
    from convscope.network.shapes import Stage


def describe(model: Model) -> list[dict[str, object]]:
    """Describe every stage of a model's network, output layer included, as JSON.

    Example:
        >>> from convscope.pictures.preparation import Preparation
        >>> from convscope.model.file import Model
        >>> weights = {"full_connection_1.weight": np.ones((2, 3), np.float32),
        ...            "full_connection_1.bias": np.zeros(2, np.float32)}
        >>> model = Model("MP2", ("cat", "dog"), Preparation(3, 2, 2), (0,) * 3, (255,) * 3, weights)
        >>> [(stage["kind"], stage["window"], stage["output"]) for stage in describe(model)]
        [('max', (2, 2), [1, 1, 3]), ('product', (1, 1), [1, 1, 2])]
    """
    chain = model.stages()
    shape, stages = chain[0].input_shape, list[dict[str, object]]()
    for stage in chain:
        described, shape = _describe(stage, shape, model, is_output=stage is chain[-1])
        stages.append(described)
    return stages


def describe_rejection(model: Model) -> dict[str, object] | None:
    """Describe which pictures the model takes for unknown; None if none are."""
    if model.rejection is None:
        return None
    maps = (*model.stages()[-2].output_shape, 1, 1)[:3]  # what reaches the output layer, as maps
    origin, directions = (
        np.moveaxis(features.reshape(-1, *maps), 1, -1).astype("<f4")
        for features in (model.rejection.origin, model.rejection.directions.T)
    )
    return {
        "origin": _text(origin),
        "directions": _text(directions),
        "scale": model.rejection.scale,
        "threshold": model.rejection.threshold,
    }


def _describe(
    stage: Stage, shape: tuple[int, ...], model: Model, *, is_output: bool
) -> tuple[dict[str, object], tuple[int, ...]]:
    """Describe a stage that reads maps of (channels, height, width), and give the shape that it makes."""
    match stage.layer:
        case Pooling(kind, window, stride):
            described = {"kind": kind, "window": window, "stride": stride}
            made = stage.output_shape
        case Convolution(_, window, stride, padding):
            described = _product(stage, model, shape, window, stride, padding)
            made = stage.output_shape
        case FullConnection(neurons):
            window = (shape[1], shape[2])
            described = _product(stage, model, shape, window, window, (0, 0))
            made = (neurons, 1, 1)
    output = [made[1], made[2], made[0]]
    relu = {} if isinstance(stage.layer, Pooling) else {"relu": not is_output}
    return {**described, "output": output, **relu}, made


def _product(
    stage: Stage,
    model: Model,
    shape: tuple[int, ...],
    window: tuple[int, int],
    stride: tuple[int, int],
    padding: Sequence[int],
) -> dict[str, object]:
    weights = model.weights[f"{stage.name}.weight"].reshape(-1, shape[0], *window)
    multiples, steps = split(weights.transpose(0, 2, 3, 1))
    return {
        "kind": "product",
        "window": window,
        "stride": stride,
        "padding": padding,
        "weights": _text(multiples.astype("<i2")),
        "steps": _text(steps.astype("<f4")),
        "bias": _text(model.weights[f"{stage.name}.bias"].astype("<f4")),
    }


def _text(numbers: NDArray[np.generic]) -> str:
    return base64.b64encode(np.ascontiguousarray(numbers).tobytes()).decode()
