import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st

from convscope.errors import NetworkError, SettingError
from convscope.steps import average_pooling
from convscope.steps.windows import Windows, output_size


@st.composite
def poolings(draw):
    """Maps and windows that fit into them."""
    window = draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    stride = draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
    shape = draw(st.tuples(st.integers(1, 2), st.integers(1, 6), st.integers(1, 6)))
    overhang = draw(st.booleans())
    sides = zip(shape[1:], window, stride, strict=True)
    assume(all(output_size(*side, overhang=overhang) >= 1 for side in sides))
    maps = np.random.default_rng(draw(st.integers(0, 2**32 - 1))).normal(size=shape)
    return maps, Windows(window, stride, overhang=overhang)


@given(poolings())
def test_values_and_gradient_agree_with_pytorch(case):
    maps, windows = case
    leaf = torch.tensor(maps, requires_grad=True)
    expected = torch.nn.functional.avg_pool2d(leaf, windows.size, windows.stride, ceil_mode=windows.overhang)
    at_output = np.random.default_rng(0).normal(size=expected.shape)
    expected.backward(torch.tensor(at_output))
    output = average_pooling.forward(maps, windows)
    np.testing.assert_allclose(output, expected.detach(), rtol=1e-10, atol=1e-12)
    gradient = average_pooling.gradient(at_output, maps, windows)
    np.testing.assert_allclose(gradient, leaf.grad, rtol=1e-10, atol=1e-12)


@given(poolings())
def test_every_explanation_is_the_mean_of_the_cells_inside(case):
    maps, windows = case
    for (channel, row, column), value in np.ndenumerate(average_pooling.forward(maps, windows)):
        pooled = average_pooling.explain(maps, windows, channel=channel, row=row, column=column)
        inside = [cell.value for cell in pooled.cells if cell.value is not None]
        assert pooled.count == len(inside)
        np.testing.assert_allclose(pooled.total, np.sum(inside), rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(pooled.result, value, rtol=1e-10, atol=1e-12)


def test_cells_that_hang_over_the_edge_do_not_count():
    pooled = average_pooling.explain(
        [[[1, 2, 9]]], Windows((2, 2), (2, 2), overhang=True), channel=0, row=0, column=0
    )
    assert [cell.value for cell in pooled.cells] == [1.0, 2.0, None, None]
    assert (pooled.total, pooled.count, pooled.result) == (3.0, 2, 1.5)


def test_a_window_larger_than_the_map_is_refused():
    with pytest.raises(NetworkError, match="does not fit"):
        average_pooling.forward(np.zeros((1, 2, 2)), Windows((3, 3), (1, 1)))


def test_a_gradient_of_another_shape_than_the_output_is_named():
    with pytest.raises(NetworkError, match=r"gradients of shape \(1, 2, 2\)"):
        average_pooling.gradient(np.zeros((1, 2, 2)), np.zeros((1, 3, 3)), Windows((2, 2), (2, 2)))


def test_a_cell_outside_the_output_cannot_be_explained():
    with pytest.raises(SettingError, match="column 1"):
        average_pooling.explain(np.zeros((1, 3, 3)), Windows((2, 2), (2, 2)), channel=0, row=0, column=1)
