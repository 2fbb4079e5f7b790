import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from convscope.errors import NetworkError, SettingError
from convscope.steps import relu

special = st.sampled_from([0.0, -0.0, float("nan"), float("inf"), -float("inf"), 5e-324, -5e-324])
values = hnp.arrays(
    np.float64,
    hnp.array_shapes(min_dims=1, max_dims=3, max_side=4),
    elements=st.one_of(st.floats(-9, 9), special),
)


@given(values)
def test_values_and_gradient_agree_with_pytorch(before):
    leaf = torch.tensor(before, requires_grad=True)
    after = torch.relu(leaf)
    at_output = np.random.default_rng(0).normal(size=before.shape)
    after.backward(torch.tensor(at_output))
    np.testing.assert_array_equal(relu.forward(before), after.detach())
    np.testing.assert_array_equal(relu.gradient(at_output, before), leaf.grad)


def test_an_explanation_shows_the_cell_without_and_with():
    maps = np.random.default_rng(0).normal(size=(2, 3, 3))
    for (channel, row, column), value in np.ndenumerate(maps):
        cell = relu.explain(maps, channel=channel, row=row, column=column)
        assert (cell.without, cell.result) == (value, max(0, value))


def test_a_gradient_of_another_shape_is_named():
    with pytest.raises(NetworkError, match=r"\(2,\) do not fit"):
        relu.gradient([1, 1], values=[1, 2, 3])


def test_a_cell_outside_cannot_be_explained():
    with pytest.raises(SettingError, match="column 3"):
        relu.explain(np.zeros((1, 3, 3)), channel=0, row=0, column=3)
