"""Receptive fields, compared with the pixels that a gradient reaches."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convscope.network.chain_builder import parse_chain
from convscope.network.variants import without_activations
from convscope.walkthrough.numpy_chain import forward, gradient_at

CHAINS = ["2C3", "2C3p0-AP2", "2C3-AP2-3C3", "2C5s2-3C3", "AP3s2-2C3p0-AP2s1", "2C2-AP2-2C2s2p1-2C3"]


def seen_by(model, pixels, cell):
    """Return the rows and columns of the picture that one cell of the last map depends on."""
    weights = {name: np.ones_like(weight) for name, weight in model.weights.items()}
    wanted = np.zeros_like(model.weights["full_connection_1.weight"])
    wanted[0, cell] = 1
    linear = replace(
        model, chain=without_activations(model.chain), weights={**weights, "full_connection_1.weight": wanted}
    )
    steps = forward(linear, pixels)
    reached = gradient_at(steps, linear, np.eye(len(model.classes))[0], "image").any(axis=0)
    return np.flatnonzero(reached.any(axis=1)), np.flatnonzero(reached.any(axis=0))


def seen_and_said(model, cell):
    """Yield for each side the pixels that one cell of the last map depends on, and its receptive field."""
    size = model.preparation
    pixels = np.zeros((size.height, size.width, 1), np.uint8)
    _, *place = np.unravel_index(cell, model.chain["flattening"].input_shape)
    field = model.chain["flattening"].receptive_field
    sides = zip(field, pixels.shape, place, seen_by(model, pixels, cell), strict=False)
    for side, length, index, seen in sides:
        first = side.start + int(index) * side.stride
        yield [*seen.tolist()], [*range(max(0, first), min(length, first + side.size))]


@given(st.sampled_from(CHAINS), st.integers(12, 17), st.integers(12, 17), st.data())
@settings(max_examples=40)
def test_a_cell_sees_no_more_than_its_receptive_field_says(make_model, notation, height, width, data):
    model = make_model(notation, (1, height, width))
    cells = model.weights["full_connection_1.weight"].shape[1]
    for seen, said in seen_and_said(model, data.draw(st.integers(0, cells - 1))):
        assert {*seen} <= {*said}


@pytest.mark.parametrize("notation", ["2C3", "2C3p0-AP2", "2C3-AP2-3C3", "2C5s2-3C3"])
def test_where_windows_leave_no_cell_over_it_sees_exactly_that(make_model, notation):
    model = make_model(notation, (1, 16, 12))
    for cell in range(model.weights["full_connection_1.weight"].shape[1]):
        for seen, said in seen_and_said(model, cell):
            assert seen == said


def test_a_full_connection_sees_all_that_its_map_sees():
    field = parse_chain("2C3p0-MP2", (1, 8, 8), 2).output.receptive_field
    assert [(side.size, side.stride, side.start) for side in field] == [(8, 2, 0)] * 2
