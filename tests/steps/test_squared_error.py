import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from convscope.errors import NetworkError, SettingError
from convscope.steps import softmax, squared_error

logits_of_any_size = hnp.arrays(np.float64, st.integers(1, 8), elements=st.floats(-50, 50))


@given(logits_of_any_size, st.data())
def test_value_and_gradient_agree_with_pytorch_summed_over_classes(logits, data):
    true_class = data.draw(st.integers(0, len(logits) - 1), label="true class")
    leaf = torch.tensor(logits, requires_grad=True)
    targets = torch.nn.functional.one_hot(torch.tensor(true_class), len(logits)).double()
    expected = torch.nn.functional.mse_loss(torch.softmax(leaf, dim=0), targets, reduction="sum")
    expected.backward()
    loss = squared_error.forward(logits, true_class)
    assert math.isclose(loss, expected.item(), rel_tol=1e-10, abs_tol=1e-15)
    gradient = squared_error.gradient(logits, true_class)
    np.testing.assert_allclose(gradient, leaf.grad, rtol=1e-8, atol=1e-15)


@given(logits_of_any_size)
def test_an_explanation_has_a_square_for_every_class(logits):
    explained = squared_error.explain(logits, true_class=0)
    assert [term.probability for term in explained.terms] == softmax.forward(logits).tolist()
    assert [term.target for term in explained.terms] == [1] + [0] * (len(logits) - 1)
    squares = [(term.probability - term.target) ** 2 for term in explained.terms]
    assert [term.square for term in explained.terms] == squares
    assert math.isclose(explained.result, squared_error.forward(logits, 0), rel_tol=1e-12, abs_tol=1e-300)


@pytest.mark.parametrize("measure", [squared_error.forward, squared_error.gradient, squared_error.explain])
def test_bad_arguments_are_named(measure):
    with pytest.raises(SettingError, match="true_class -1"):
        measure([0, 0], -1)
    with pytest.raises(NetworkError, match=r"logits of shape \(1, 2\)"):
        measure([[0, 0]], 0)
