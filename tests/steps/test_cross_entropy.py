import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from convscope.errors import NetworkError, SettingError
from convscope.steps import cross_entropy


@given(hnp.arrays(np.float64, st.integers(1, 8), elements=st.floats(-1e4, 1e4)), st.data())
def test_value_and_gradient_agree_with_pytorch(logits, data):
    true_class = data.draw(st.integers(0, len(logits) - 1), label="true class")
    leaf = torch.tensor(logits, requires_grad=True)
    expected = torch.nn.functional.cross_entropy(leaf, torch.tensor(true_class))
    expected.backward()
    loss = cross_entropy.forward(logits, true_class)
    assert math.isclose(loss, expected.item(), rel_tol=1e-10, abs_tol=1e-10)
    np.testing.assert_allclose(cross_entropy.gradient(logits, true_class), leaf.grad, rtol=1e-10, atol=1e-15)


@given(hnp.arrays(np.float64, st.integers(1, 8), elements=st.floats(-50, 50)), st.data())
def test_an_explanation_is_the_logarithm_of_the_probability(logits, data):
    true_class = data.draw(st.integers(0, len(logits) - 1), label="true class")
    explained = cross_entropy.explain(logits, true_class)
    assert explained.true_class == true_class
    assert math.isclose(explained.result, -math.log(explained.probability), rel_tol=1e-9, abs_tol=1e-12)


def test_the_gradient_keeps_its_size_however_wrong_the_network_is():
    np.testing.assert_array_equal(cross_entropy.gradient([0, 2000], true_class=0), [-1, 1])


@pytest.mark.parametrize("measure", [cross_entropy.forward, cross_entropy.gradient, cross_entropy.explain])
def test_bad_arguments_are_named(measure):
    with pytest.raises(SettingError, match="true_class 2"):
        measure([0, 0], 2)
    with pytest.raises(NetworkError, match=r"logits of shape \(1, 2\)"):
        measure([[0, 0]], 0)
