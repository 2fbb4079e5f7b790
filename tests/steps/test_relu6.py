import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from convscope.steps import relu6

numbers = st.lists(st.floats(-20, 20, width=32), min_size=1, max_size=20)


@given(numbers)
def test_numbers_and_gradients_are_pytorch_s(values):
    tensor = torch.tensor(values, dtype=torch.float64, requires_grad=True)
    limited = torch.nn.functional.relu6(tensor)
    np.testing.assert_array_equal(relu6.forward(values), limited.detach())
    limited.sum().backward()
    np.testing.assert_array_equal(relu6.gradient(np.ones(len(values)), values), tensor.grad)


def test_nan_stays():
    assert np.isnan(relu6.forward([np.nan])).all()


def test_a_cell_is_explained():
    cell = relu6.explain([[[-2.0, 3.0, 9.0]]], channel=0, row=0, column=2)
    assert (cell.without, cell.result) == (9.0, 6.0)
