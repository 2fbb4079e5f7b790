"""Forwards and back, held against PyTorch."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch.nn import functional

from convscope.errors import NetworkError
from convscope.network.notation import Convolution, FullConnection, Pooling, parse
from convscope.network.shapes import stages, trace
from convscope.walkthrough.chain import forward, gradient_at

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
        stages(parse("-".join(pieces)), shape, 3)
    except NetworkError:
        assume(pieces is None)
    return "-".join(pieces), shape


def pixels_for(model, seed=1):
    size = model.preparation
    return np.random.default_rng(seed).integers(0, 256, (size.height, size.width, size.channels), np.uint8)


def layer_in_pytorch(layer, value, weight, bias):
    match layer:
        case Convolution(_, _, stride, padding):
            return functional.conv2d(value, weight, bias, stride, padding)
        case Pooling("max", window, stride, overhang):
            return functional.max_pool2d(value, window, stride, ceil_mode=overhang)
        case Pooling(_, window, stride, overhang):
            return functional.avg_pool2d(value, window, stride, ceil_mode=overhang)
        case FullConnection():
            return functional.linear(value, weight, bias)


def in_pytorch(model, pixels, *, rectify=True):
    """Every step's output by name, each ready to be asked for its gradient."""
    mean, std = (torch.tensor(numbers, dtype=torch.float64) for numbers in (model.mean, model.std))
    image = (torch.from_numpy(pixels).double() - mean) / std
    found = {"image": image.permute(2, 0, 1)[None].requires_grad_()}
    value, chain = found["image"], model.stages()
    weights = {name: torch.from_numpy(weight).double() for name, weight in model.weights.items()}
    for stage in chain:
        weight, bias = weights.get(f"{stage.name}.weight"), weights.get(f"{stage.name}.bias")
        if stage.name == "full_connection_1":
            value = found["flattening"] = value.flatten(1)
        value = layer_in_pytorch(stage.layer, value, weight, bias)
        found[stage.name] = value
        if rectify and stage is not chain[-1] and stage.weight_shapes:
            value = found[f"{stage.name}.relu"] = value.relu()
    found["softmax"] = value.softmax(1)
    for output in found.values():
        output.retain_grad()
    return found


@given(chains(), st.booleans())
@settings(max_examples=60)
def test_every_step_gives_what_pytorch_gives(make_model, chain, rectify):
    model = make_model(*chain)
    pixels = pixels_for(model)
    expected = in_pytorch(model, pixels, rectify=rectify)
    steps = forward(model, pixels, rectify=rectify)
    assert [step.name for step in steps] == list(expected)
    for before, step in zip((None, *steps[:-1]), steps, strict=True):
        np.testing.assert_allclose(step.output, expected[step.name][0].detach(), rtol=1e-9, atol=1e-12)
        assert before is None or step.input is before.output


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
        found = gradient_at(steps, model, at_logits, step.name)
        np.testing.assert_allclose(found, expected[step.name].grad[0], rtol=1e-9, atol=1e-12)


@given(chains())
def test_the_steps_are_the_rows_of_the_table(make_model, chain):
    model = make_model(*chain)
    steps = forward(model, pixels_for(model))
    rows = trace(parse(chain[0]), chain[1], 3)
    assert [step.kind for step in steps] == [row.step.lower().replace(" ", "_") for row in rows]
    assert [step.output.shape for step in steps] == [row.output_shape for row in rows]


def test_numbers_beyond_all_bounds_are_an_error(make_model):
    model = make_model("2C3-" * 9 + "2C3")
    huge = replace(model, weights={name: weight * 1e36 for name, weight in model.weights.items()})
    with np.errstate(all="ignore"), pytest.raises(NetworkError, match="beyond all bounds"):
        forward(huge, pixels_for(model))
