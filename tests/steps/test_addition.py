import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from convscope.errors import NetworkError, SettingError
from convscope.steps import addition

shapes = st.tuples(st.integers(1, 3), st.integers(1, 4), st.integers(1, 4))


@given(shapes)
def test_maps_and_gradients_are_pytorch_s(shape):
    rng = np.random.default_rng(0)
    block, shortcut, at_output = rng.normal(size=(3, *shape))
    tensors = [torch.from_numpy(one).requires_grad_() for one in (block, shortcut)]
    total = tensors[0] + tensors[1]
    np.testing.assert_array_equal(addition.forward(block, shortcut), total.detach())
    total.backward(torch.from_numpy(at_output))
    for part, tensor in zip(addition.gradient(at_output), tensors, strict=True):
        np.testing.assert_array_equal(part, tensor.grad)


@given(shapes, st.data())
def test_every_cell_is_explained(shape, data):
    block, shortcut = np.random.default_rng(0).normal(size=(2, *shape))
    channel, row, column = (data.draw(st.integers(0, side - 1)) for side in shape)
    cell = addition.explain(block, shortcut, channel=channel, row=row, column=column)
    assert cell.block + cell.shortcut == cell.result
    assert cell.result == addition.forward(block, shortcut)[channel, row, column]


def test_maps_of_different_shapes_are_an_error():
    with pytest.raises(NetworkError):
        addition.forward(np.zeros((1, 2, 2)), np.zeros((2, 2, 2)))


def test_a_cell_that_is_not_there_is_an_error():
    with pytest.raises(SettingError):
        addition.explain(np.zeros((1, 2, 2)), np.zeros((1, 2, 2)), channel=0, row=2, column=0)
