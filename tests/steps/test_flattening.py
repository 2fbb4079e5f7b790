import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from convscope.errors import NetworkError, SettingError
from convscope.steps import flattening

shapes = st.tuples(st.integers(1, 4), st.integers(1, 5), st.integers(1, 5))


@given(shapes)
def test_order_and_gradient_agree_with_pytorch(shape):
    maps = np.random.default_rng(0).normal(size=shape)
    leaf = torch.tensor(maps, requires_grad=True)
    column = torch.flatten(leaf)
    at_output = np.random.default_rng(1).normal(size=column.shape)
    column.backward(torch.tensor(at_output))
    np.testing.assert_array_equal(flattening.forward(maps), column.detach())
    np.testing.assert_array_equal(flattening.gradient(at_output, shape), leaf.grad)


@given(shapes)
def test_the_index_map_leads_there_and_back(shape):
    for place in np.ndindex(shape):
        index = flattening.index_of(*place, shape=shape)
        assert index == np.ravel_multi_index(place, shape)
        assert flattening.cell_at(index, shape) == place


@given(shapes)
def test_every_explanation_names_the_cell_that_the_number_came_from(shape):
    maps = np.random.default_rng(0).normal(size=shape)
    for index, value in enumerate(flattening.forward(maps)):
        cell = flattening.explain(maps, index=index)
        assert cell.index == index
        assert cell.result == value == maps[cell.channel, cell.row, cell.column]


def test_a_gradient_of_another_length_is_named():
    with pytest.raises(NetworkError, match=r"shape \(5,\) do not fit"):
        flattening.gradient(np.zeros(5), shape=(1, 2, 3))


@pytest.mark.parametrize("index", [-1, 6])
def test_an_index_outside_is_refused(index):
    with pytest.raises(SettingError, match=f"index {index}"):
        flattening.cell_at(index, shape=(1, 2, 3))


def test_a_cell_outside_is_refused():
    with pytest.raises(SettingError, match="column 3"):
        flattening.index_of(0, 0, 3, shape=(1, 2, 3))
