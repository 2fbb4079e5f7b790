"""Compute the features of EfficientNet-Lite0 with the same graph: convscope, and two runtimes directly."""

# ruff: noqa: PLC0415  # each contender imports only what it needs

from __future__ import annotations

from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np

from convscope.network.chain_builder import parse_chain
from convscope.training.start.backbone import load_backbone

if TYPE_CHECKING:
    from collections.abc import Callable

    from convscope.network.chain import Chain
    from convscope.training.start.backbone import Backbone

    Compute = Callable[[np.ndarray], object]


def make(variant: str, _network: str, shape: tuple[int, int, int], batch: int) -> Callable[[int], None]:
    """Compute the features of a batch of noise per step."""
    backbone = load_backbone("lite0")
    chain = parse_chain(backbone.design.notation(backbone.joinable), shape, 2)
    pictures = np.random.default_rng(1).integers(0, 256, (batch, *shape[1:], shape[0]), np.uint8)
    compute = EXTRACTORS[variant](backbone, chain)

    def take(steps: int) -> None:
        for _ in range(steps):
            compute(pictures)

    return take


def convscope_extractor(backbone: Backbone, chain: Chain) -> Compute:
    """The extractor that training uses."""
    from convscope.model.features import FeatureExtractor

    extractor = FeatureExtractor(chain, backbone.design.mean, backbone.design.std, backbone.weights)
    return lambda pictures: [*extractor.compute(pictures, np.arange(len(pictures)))]


def convscope_with_cache(backbone: Backbone, _chain: Chain) -> Compute:
    """All work of training for features: opening the network, digests of the pictures, an empty cache."""
    from convscope.pictures.store import Catalogue
    from convscope.training.start.features import features_of

    def compute(pictures: np.ndarray) -> object:
        count, indices = len(pictures), np.arange(len(pictures))
        names, parts = tuple(map(str, range(count))), (None,) * count
        labels, digests = np.zeros(count, np.int64), np.zeros((count, 16), np.uint8)
        catalogue = Catalogue(labels, digests, ("a", "b"), names, parts, (), backbone.preparation, ())
        with TemporaryDirectory() as folder:
            return features_of(catalogue.store(indices, pictures), indices, backbone, folder=Path(folder))

    return compute


def onnxruntime_extractor(backbone: Backbone, chain: Chain) -> Compute:
    """ONNX Runtime with its own defaults."""
    import onnxruntime

    session = onnxruntime.InferenceSession(_graph(backbone, chain), providers=["CPUExecutionProvider"])
    return lambda pictures: session.run(None, {"pictures": pictures})


def openvino_extractor(backbone: Backbone, chain: Chain, precision: str | None = None) -> Compute:
    """OpenVINO with its own defaults, except the precision; by default bfloat16 if that is fast."""
    import openvino

    core = openvino.Core()
    hints = {"INFERENCE_PRECISION_HINT": precision} if precision else {}
    return core.compile_model(core.read_model(_graph(backbone, chain)), "CPU", hints)


def _graph(backbone: Backbone, chain: Chain) -> bytes:
    from convscope.model.graph import build_step_graph

    design = backbone.design
    graph = build_step_graph(chain, [chain.features.name], design.mean, design.std, backbone.weights)
    return graph.SerializeToString()


EXTRACTORS = {
    "convscope": convscope_extractor,
    "convscope-cache": convscope_with_cache,
    "onnxruntime": onnxruntime_extractor,
    "openvino": openvino_extractor,
    "openvino-f32": partial(openvino_extractor, precision="f32"),
}
