"""Forwards and back, held against PyTorch."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch.nn import functional

from convscope.errors import NetworkError
from convscope.network.chain import parse_chain
from convscope.walkthrough.numpy_chain import forward, gradient_at

PIECES = ["2C3", "3C2s2", "2C3x2p0", "4C1", "2C3p2", "MP2", "MP3s2o", "MP2s1", "AP2", "AP3s2o"]


@st.composite
def chains(draw):
    """A notation and a shape that it fits: strides, paddings, overhang, either pooling, or none at all."""
    pieces = draw(st.lists(st.sampled_from(PIECES), max_size=4)) + draw(
        st.sampled_from([[], ["4N"], ["3N", "5N"]])
    )
    assume(pieces)
    shape = draw(st.tuples(st.sampled_from([1, 3]), st.integers(1, 11), st.integers(1, 11)))
    try:
        parse_chain("-".join(pieces), shape, 3)
    except NetworkError:
        assume(pieces is None)
    return "-".join(pieces), shape


def pixels_for(model, seed=1):
    size = model.preparation
    return np.random.default_rng(seed).integers(0, 256, (size.height, size.width, size.channels), np.uint8)


def convolved(step, value, weights):
    return functional.conv2d(value, *weights, step.windows.stride, step.windows.padding)


def pooled(function, step, value):
    windows = step.windows
    return function(value, windows.size, windows.stride, ceil_mode=windows.overhang)


PYTORCH = {
    "convolution": convolved,
    "relu": lambda _step, value, _weights: value.relu(),
    "max_pooling": lambda step, value, _weights: pooled(functional.max_pool2d, step, value),
    "average_pooling": lambda step, value, _weights: pooled(functional.avg_pool2d, step, value),
    "flattening": lambda _step, value, _weights: value.flatten(1),
    "full_connection": lambda _step, value, weights: functional.linear(value, *weights),
    "softmax": lambda _step, value, _weights: value.softmax(1),
}


def in_pytorch(model, pixels):
    """Every step's output by name, each ready to be asked for its gradient."""
    mean, std = (torch.tensor(numbers, dtype=torch.float64) for numbers in (model.mean, model.std))
    image = (torch.from_numpy(pixels).double() - mean) / std
    values = {"image": image.permute(2, 0, 1)[None].requires_grad_()}
    for step in model.chain.steps[1:]:
        weights = [torch.from_numpy(model.weights[name]).double() for name in step.parameters]
        values[step.name] = PYTORCH[step.kind](step, values[step.inputs[0]], weights)
    for output in values.values():
        output.retain_grad()
    return values


@given(chains(), st.booleans())
@settings(max_examples=60)
def test_every_step_gives_what_pytorch_gives(make_model, chain, with_relu):
    model = make_model(*chain)
    model = model if with_relu else replace(model, chain=model.chain.without("relu"))
    pixels = pixels_for(model)
    expected = in_pytorch(model, pixels)
    steps = forward(model, pixels)
    assert [step.name for step in steps] == list(expected)
    for before, step in zip((None, *steps[:-1]), steps, strict=True):
        np.testing.assert_allclose(step.output, expected[step.name][0].detach(), rtol=1e-9, atol=1e-12)
        assert before is None or step.input is before.output
        assert step.output.shape == step.step.shape


@given(chains())
@settings(max_examples=60)
def test_the_gradient_at_every_step_is_pytorch_s(make_model, chain):
    model = make_model(*chain)
    pixels = pixels_for(model)
    steps = forward(model, pixels)
    expected = in_pytorch(model, pixels)
    at_logits = np.array([1.0, -2.0, 0.5])
    expected[steps[-2].name][0].backward(torch.from_numpy(at_logits))
    for step in steps[:-1]:
        result = gradient_at(steps, model, at_logits, step.name)
        np.testing.assert_allclose(result, expected[step.name].grad[0], rtol=1e-9, atol=1e-12)


def test_numbers_beyond_all_bounds_are_an_error(make_model):
    model = make_model("2C3-" * 9 + "2C3")
    huge = replace(model, weights={name: weight * 1e36 for name, weight in model.weights.items()})
    with np.errstate(all="ignore"), pytest.raises(NetworkError, match="beyond all bounds"):
        forward(huge, pixels_for(model))
