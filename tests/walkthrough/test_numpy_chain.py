"""Forward and backward pass, compared with PyTorch."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch.nn import functional

from convscope.errors import NetworkError
from convscope.network.chain_builder import parse_chain
from convscope.network.variants import without_activations
from convscope.walkthrough.numpy_chain import backward, forward, gradient_at, recompute

PIECES = [
    *("D3", "D3s2p0o-2C1l", "3C3s2or6", "(D3r6)+", "(AP3s1o-D3p2l)+", "((D3)+-D1l)+"),
    *("2C3", "3C2s2", "2C3x2p0", "4C1", "2C3p2", "MP2", "MP3s2o", "MP2s1", "AP2", "AP3s2o"),
]


@st.composite
def chains(draw):
    """A notation and a matching shape: strides, paddings, overhang, either kind of pooling, or none."""
    pieces = draw(st.lists(st.sampled_from(PIECES), max_size=4)) + draw(
        st.sampled_from([[], ["4N"], ["3N", "5N"], ["J"], ["K", "AP1", "K", "2C1", "J", "4N"]])
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
    """Pad for overhanging windows like TensorFlow: as much at the end as the last window needs."""
    windows, sides = step.windows, value.shape[2:]
    reach = [
        (count - 1) * stride + size - side - padding
        for count, stride, size, side, padding in zip(
            step.shape[1:], windows.stride, windows.size, sides, windows.padding, strict=True
        )
    ]
    below, right = (max(0, cells) for cells in reach) if windows.overhang else windows.padding
    padded = functional.pad(value, (windows.padding[1], right, windows.padding[0], below))
    groups = len(weights[0]) if step.kind == "depthwise_convolution" else 1
    return functional.conv2d(padded, *weights, windows.stride, groups=groups)


def pooled(function, step, value):
    windows = step.windows
    return function(value, windows.size, windows.stride, ceil_mode=windows.overhang)


PYTORCH = {
    "convolution": convolved,
    "depthwise_convolution": convolved,
    "relu": lambda _step, value, _weights: value.relu(),
    "relu6": lambda _step, value, _weights: functional.relu6(value),
    "max_pooling": lambda step, value, _weights: pooled(functional.max_pool2d, step, value),
    "average_pooling": lambda step, value, _weights: pooled(functional.avg_pool2d, step, value),
    "flattening": lambda _step, value, _weights: value.flatten(1),
    "full_connection": lambda _step, value, weights: functional.linear(value, *weights),
    "softmax": lambda _step, value, _weights: value.softmax(1),
}


def in_pytorch(model, pixels, tensors=None):
    """Return every step's output by name, with gradients enabled; `tensors` are the weights."""
    tensors = tensors or {name: torch.from_numpy(weight).double() for name, weight in model.weights.items()}
    mean, std = (torch.tensor(numbers, dtype=torch.float64) for numbers in (model.mean, model.std))
    image = (torch.from_numpy(pixels).double() - mean) / std
    values = {"image": image.permute(2, 0, 1)[None].requires_grad_()}
    for step in model.chain.steps[1:]:
        weights = [tensors[name] for name in step.parameters]
        inputs = [values[name] for name in step.inputs]
        several = {"addition": sum, "joining": lambda maps: torch.cat(maps, 1)}
        values[step.name] = (
            several[step.kind](inputs) if step.kind in several else PYTORCH[step.kind](step, *inputs, weights)
        )
    for output in values.values():
        output.retain_grad()
    return values


@given(chains(), st.booleans())
@settings(max_examples=60)
def test_every_step_gives_what_pytorch_gives(make_model, chain, with_relu):
    model = make_model(*chain)
    model = model if with_relu else replace(model, chain=without_activations(model.chain))
    pixels = pixels_for(model)
    expected = in_pytorch(model, pixels)
    steps = forward(model, pixels)
    assert [step.name for step in steps] == list(expected)
    outputs = {step.name: step.output for step in steps}
    for step in steps:
        np.testing.assert_allclose(step.output, expected[step.name][0].detach(), rtol=1e-9, atol=1e-12)
        assert all(read is outputs[name] for read, name in zip(step.inputs, step.step.inputs, strict=False))
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


@given(chains())
@settings(max_examples=60)
def test_every_gradient_of_backpropagation_is_pytorch_s(make_model, chain):
    model = make_model(*chain)
    pixels = pixels_for(model)
    steps = forward(model, pixels)
    tensors = {
        name: torch.from_numpy(weight).double().requires_grad_() for name, weight in model.weights.items()
    }
    expected = in_pytorch(model, pixels, tensors)
    at_logits = np.array([1.0, -2.0, 0.5])
    expected[steps[-2].name][0].backward(torch.from_numpy(at_logits))
    passed = backward(steps, model, at_logits)
    assert [*passed] == [step.name for step in steps[:-1]]
    for name, step in passed.items():
        np.testing.assert_allclose(step.at_output, expected[name].grad[0], rtol=1e-9, atol=1e-12)
        for tensor, gradient in step.at_parameters.items():
            np.testing.assert_allclose(gradient, tensors[tensor].grad, rtol=1e-9, atol=1e-12)
    assert {name for step in passed.values() for name in step.at_parameters} == {*model.weights}


@given(chains())
@settings(max_examples=40)
def test_what_each_reader_passes_back_adds_up(make_model, chain):
    model = make_model(*chain)
    steps = forward(model, pixels_for(model))
    passed = backward(steps, model, np.array([1.0, -2.0, 0.5]))
    for name, own in passed.items():
        readers = [
            part
            for step in steps
            if step.name in passed
            for source, part in zip(step.step.inputs, passed[step.name].at_inputs, strict=True)
            if source == name
        ]
        if readers:
            np.testing.assert_allclose(sum(readers), own.at_output, rtol=1e-12, atol=1e-15)


@given(chains(), st.randoms(use_true_random=False))
@settings(max_examples=40)
def test_computing_again_gives_what_computing_all_gives(make_model, chain, random):
    model = make_model(*chain)
    pixels = pixels_for(model)
    before = forward(model, pixels)
    layer = random.choice([step for step in model.chain.layers if step.parameters])
    tensor = f"{layer.name}.weight"
    other = replace(model, weights={**model.weights, tensor: model.weights[tensor] + np.float32(0.5)})
    after = recompute(before, other, {layer.name})
    for again, anew, old in zip(after, forward(other, pixels), before, strict=True):
        np.testing.assert_array_equal(again.output, anew.output)
        if again.name == layer.name:
            break
        assert again is old
