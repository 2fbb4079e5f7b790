import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from convscope.errors import NetworkError, SettingError
from convscope.steps import max_pooling
from convscope.steps.windows import Windows, output_size

# Few different numbers, so that ties are frequent; and all special floats.
cells = st.sampled_from([-1.0, 0.0, 1.0, 2.0, float("nan"), float("inf"), -float("inf")])


@st.composite
def poolings(draw):
    """Maps and windows that fit into them."""
    window = draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    stride = draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
    shape = draw(st.tuples(st.integers(1, 2), st.integers(1, 6), st.integers(1, 6)))
    overhang = draw(st.booleans())
    sides = zip(shape[1:], window, stride, strict=True)
    assume(all(output_size(*side, overhang=overhang) >= 1 for side in sides))
    maps = draw(hnp.arrays(np.float64, shape, elements=cells))
    return maps, Windows(window, stride, overhang=overhang)


@given(poolings())
def test_values_and_gradient_agree_with_pytorch_ties_and_nan_included(case):
    maps, windows = case
    leaf = torch.tensor(maps, requires_grad=True)
    expected = torch.nn.functional.max_pool2d(leaf, windows.size, windows.stride, ceil_mode=windows.overhang)
    at_output = np.random.default_rng(0).normal(size=expected.shape)
    expected.backward(torch.tensor(at_output))
    np.testing.assert_array_equal(max_pooling.forward(maps, windows), expected.detach())
    gradient = max_pooling.gradient(at_output, maps, windows)
    np.testing.assert_allclose(gradient, leaf.grad, rtol=1e-12, atol=1e-14)


@given(poolings())
def test_every_explanation_names_the_winner_of_pytorch(case):
    maps, windows = case
    _, winners = torch.nn.functional.max_pool2d(
        torch.tensor(maps),
        windows.size,
        windows.stride,
        ceil_mode=windows.overhang,
        return_indices=True,
    )
    output = max_pooling.forward(maps, windows)
    for (channel, row, column), value in np.ndenumerate(output):
        pooled = max_pooling.explain(maps, windows, channel=channel, row=row, column=column)
        winner = pooled.cells[pooled.winner]
        assert winner.row * maps.shape[2] + winner.column == winners[channel, row, column]
        np.testing.assert_array_equal([winner.value, pooled.result], [value, value])


def test_cells_that_hang_over_the_edge_are_shown_without_a_value():
    pooled = max_pooling.explain(
        [[[1, 2, -3]]], Windows((2, 2), (2, 2), overhang=True), channel=0, row=0, column=1
    )
    assert [(cell.row, cell.column, cell.value) for cell in pooled.cells] == [
        (0, 2, -3.0),
        (0, 3, None),
        (1, 2, None),
        (1, 3, None),
    ]
    assert (pooled.winner, pooled.result) == (0, -3.0)


def test_a_window_larger_than_the_map_is_refused():
    with pytest.raises(NetworkError, match="does not fit"):
        max_pooling.forward(np.zeros((1, 2, 2)), Windows((3, 3), (1, 1)))


def test_a_gradient_of_another_shape_than_the_output_is_named():
    with pytest.raises(NetworkError, match=r"gradients of shape \(1, 2, 2\)"):
        max_pooling.gradient(np.zeros((1, 2, 2)), np.zeros((1, 3, 3)), Windows((2, 2), (2, 2)))


def test_a_cell_outside_the_output_cannot_be_explained():
    with pytest.raises(SettingError, match="column 1"):
        max_pooling.explain(np.zeros((1, 3, 3)), Windows((2, 2), (2, 2)), channel=0, row=0, column=1)


@given(poolings())
def test_the_winners_are_pytorch_s(case):
    maps, windows = case
    _, expected = torch.nn.functional.max_pool2d(
        torch.tensor(maps),
        windows.size,
        windows.stride,
        ceil_mode=windows.overhang,
        return_indices=True,
    )
    np.testing.assert_array_equal(max_pooling.winners(maps, windows), expected)
