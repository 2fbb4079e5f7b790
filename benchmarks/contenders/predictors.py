"""Predict with the same network: convscope's predictor, and three runtimes directly.

All take uint8 pictures; convscope returns probabilities, the others logits.
"""

# ruff: noqa: PLC0415  # each contender imports only what it needs

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from convscope.model.file import Model
from convscope.network.chain_builder import parse_chain
from convscope.network.notation import Convolution, FullConnection, Pooling
from convscope.pictures.preparation import Preparation

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch

CLASSES = 10


def make(variant: str, network: str, shape: tuple[int, int, int], batch: int) -> Callable[[int], None]:
    """Predict a batch of noise per step."""
    predict = PREDICTORS[variant](noise_model(network, shape))
    pictures = np.random.default_rng(1).integers(0, 256, (batch, *shape[1:], shape[0]), np.uint8)

    def take(steps: int) -> None:
        for _ in range(steps):
            predict(pictures)

    return take


def noise_model(network: str, shape: tuple[int, int, int]) -> Model:
    """Create an untrained model."""
    rng = np.random.default_rng(0)
    chain = parse_chain(network, shape, CLASSES)
    weights = {
        name: rng.standard_normal(sides, np.float32) / np.float32(np.sqrt(np.prod(sides[1:])))
        for name, sides in chain.parameters.items()
    }
    channels, height, width = shape
    return Model(
        chain,
        tuple(f"class {number}" for number in range(CLASSES)),
        Preparation(3 if channels == 3 else 1, height, width),
        (127.0,) * channels,
        (64.0,) * channels,
        weights,
    )


def convscope_predictor(model: Model) -> Callable[[np.ndarray], object]:
    """The predictor behind `convscope.load(...).predict`."""
    from convscope.model.predictor import Predictor

    return Predictor(model).probabilities


def bare_graph(model: Model) -> bytes:
    """Build the graph up to its logits: a runtime removes nodes that no output needs."""
    from convscope.model.graph import build_graph

    graph = build_graph(model)
    del graph.graph.output[1:]
    return graph.SerializeToString()


def onnxruntime_predictor(model: Model) -> Callable[[np.ndarray], object]:
    """ONNX Runtime with its own defaults."""
    import onnxruntime

    session = onnxruntime.InferenceSession(bare_graph(model), providers=["CPUExecutionProvider"])
    return lambda pictures: session.run(["logits"], {"pictures": pictures})[0]


def openvino_predictor(model: Model, precision: str | None = None) -> Callable[[np.ndarray], object]:
    """OpenVINO with its own defaults, except the precision; by default bfloat16 if that is fast."""
    import openvino

    core = openvino.Core()
    hints = {"INFERENCE_PRECISION_HINT": precision} if precision else {}
    network = core.compile_model(core.read_model(bare_graph(model)), "CPU", hints)
    return lambda pictures: network(pictures)["logits"]


def torch_predictor(model: Model, precision: torch.dtype | None = None) -> Callable[[np.ndarray], object]:
    """PyTorch's modules in evaluation mode, channels-last, in float32 or the given precision."""
    import torch
    from torch import nn

    layers: list[nn.Module] = []
    for step in model.chain.layers:
        match step.layer:
            case Convolution(filters, windows):
                geometry = windows.size, windows.stride, windows.padding
                layers += [nn.Conv2d(step.input_shape[0], filters, *geometry), nn.ReLU()]
            case Pooling("max_pooling", windows):
                layers.append(nn.MaxPool2d(windows.size, windows.stride, ceil_mode=windows.overhang))
            case Pooling(_, windows):
                pooling = nn.AvgPool2d(
                    windows.size, windows.stride, ceil_mode=windows.overhang, count_include_pad=False
                )
                layers.append(pooling)
            case FullConnection(neurons):
                layers += [nn.Flatten(), nn.Linear(step.input_shape[0], neurons), nn.ReLU()]
    chain = nn.Sequential(*layers[:-1]).to(memory_format=torch.channels_last).eval()
    weights = [torch.from_numpy(model.weights[name]) for name in model.chain.parameters]
    chain.load_state_dict(dict(zip(chain.state_dict(), weights, strict=True)))
    chain = chain.to(precision or torch.float32)
    mean, std = (torch.tensor(numbers)[:, None, None] for numbers in (model.mean, model.std))

    def predict(pictures: np.ndarray) -> object:
        with torch.inference_mode():
            maps = (torch.from_numpy(pictures).permute(0, 3, 1, 2) - mean) / std
            return chain(maps.to(precision or torch.float32))

    return predict


PREDICTORS = {
    "convscope": convscope_predictor,
    "onnxruntime": onnxruntime_predictor,
    "openvino": openvino_predictor,
    "openvino-f32": partial(openvino_predictor, precision="f32"),
    "torch": torch_predictor,
}
