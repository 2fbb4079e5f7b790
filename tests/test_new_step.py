"""A kind of step defined outside the package, L2 pooling: one entry in each engine's table.

`CONTRIBUTING.md` explains the tables.
"""

import numpy as np
import pytest
import torch
from onnx import helper
from torch.nn import functional

from convscope.model import graph
from convscope.model.file import load, save
from convscope.model.predictor import Predictor
from convscope.network import training_network
from convscope.network.blocks import PoolingBlock
from convscope.network.chain_builder import parse_chain
from convscope.network.folding import fold
from convscope.offline import layers
from convscope.steps import POOLINGS
from convscope.walkthrough.document import Walk
from convscope.walkthrough.numpy_chain import forward, gradient_at
from convscope.walkthrough.walk import walk


class L2Pooling:
    """sqrt(sum of squares) of every window."""

    @staticmethod
    def forward(maps, windows):
        return np.sqrt((windows.slide(maps) ** 2).sum(axis=(3, 4)))

    @staticmethod
    def gradient(at_output, maps, windows):
        norms = np.maximum(L2Pooling.forward(maps, windows), 1e-300)
        at_windows = windows.slide(maps) * (at_output / norms)[..., np.newaxis, np.newaxis]
        return windows.add_back(at_windows, maps.shape)


def l2_nodes(step, inputs, output):
    geometry = {"kernel_shape": step.windows.size, "strides": step.windows.stride, "p": 2}
    return [helper.make_node("LpPool", inputs, [output], step.name, **geometry)]


def l2_in_pytorch(maps, windows):
    return functional.lp_pool2d(maps, 2.0, windows.size, windows.stride)


@pytest.fixture
def l2_pooling(monkeypatch):
    monkeypatch.setitem(POOLINGS, "l2_pooling", L2Pooling)
    monkeypatch.setitem(
        training_network.BLOCKS, "l2_pooling", lambda step, _: PoolingBlock(step, l2_in_pytorch)
    )
    monkeypatch.setitem(graph.NODES, "l2_pooling", l2_nodes)


def picture_for(model, seed=0):
    size = model.preparation
    shape = size.height, size.width, size.channels
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def in_pytorch(model, maps):
    weights = {name: torch.from_numpy(weight).double() for name, weight in model.weights.items()}
    maps = functional.conv2d(maps, weights["convolution_1.weight"], weights["convolution_1.bias"], padding=1)
    pooled = functional.lp_pool2d(maps.relu(), 2.0, 2)
    return functional.linear(
        pooled.flatten(1), weights["full_connection_1.weight"], weights["full_connection_1.bias"]
    )


@pytest.mark.usefixtures("l2_pooling")
def test_a_new_pooling_goes_through_every_engine(make_model, tmp_path):
    model = make_model("4C3-LP2", (3, 8, 8))
    assert model.notation == "4C3-LP2"
    assert [step.title for step in model.chain if "pooling" in step.kind] == ["l2 pooling"]
    pixels = picture_for(model)
    steps = forward(model, pixels)
    image = torch.from_numpy(steps[0].output)[None].requires_grad_()
    expected = in_pytorch(model, image)
    np.testing.assert_allclose(steps[-1].input, expected[0].detach(), rtol=1e-9)
    at_logits = np.array([1.0, -2.0, 0.5])
    expected[0].backward(torch.from_numpy(at_logits))
    np.testing.assert_allclose(gradient_at(steps, model, at_logits, "image"), image.grad[0], atol=1e-12)
    np.testing.assert_allclose(Predictor(model).logits(pixels[None])[0], steps[-1].input, atol=1e-4)
    save(model, tmp_path / "model.safetensors")
    walked = walk(load(tmp_path / "model.safetensors"), pixels)
    assert walked.largest_difference < 1e-4
    document = next(step for step in walked.steps if step.kind == "l2_pooling")
    np.testing.assert_allclose(document.values(np.zeros(0)), steps[3].output, rtol=1e-5)
    again = Walk.model_validate_json(walked.model_dump_json())
    assert [step.kind for step in again.steps] == [step.kind for step in walked.steps]
    assert layers.describe(model)[1]["kind"] == "l2_pooling"


@pytest.mark.usefixtures("l2_pooling")
def test_a_network_with_it_is_trained_and_folded():
    torch.manual_seed(0)
    chain = parse_chain("4C3-LP2", (3, 8, 8), 3)
    network = training_network.TrainingNetwork(chain, whitened=None, fused=True)
    maps = torch.randn(8, 3, 8, 8).to(memory_format=torch.channels_last)
    network(maps).square().mean().backward()
    assert all(weight.grad is not None for weight in network.parameters())
    assert {name: weight.shape for name, weight in fold(network).items()} == chain.parameters
