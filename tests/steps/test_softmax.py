import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import special

from convscope.errors import NetworkError, SettingError
from convscope.steps import softmax

logits_of_any_size = hnp.arrays(np.float64, st.integers(1, 8), elements=st.floats(-1e4, 1e4))


@given(logits_of_any_size)
def test_values_and_gradient_agree_with_pytorch(logits):
    leaf = torch.tensor(logits, requires_grad=True)
    expected = torch.softmax(leaf, dim=0)
    at_output = np.random.default_rng(0).normal(size=logits.shape)
    expected.backward(torch.tensor(at_output))
    np.testing.assert_allclose(softmax.forward(logits), expected.detach(), rtol=1e-10, atol=1e-300)
    np.testing.assert_allclose(softmax.gradient(at_output, logits), leaf.grad, rtol=1e-10, atol=1e-15)


@given(logits_of_any_size)
def test_probabilities_agree_with_scipy_and_add_up_to_1(logits):
    probabilities = softmax.forward(logits)
    np.testing.assert_allclose(probabilities, special.softmax(logits), rtol=1e-10, atol=1e-300)
    assert math.isclose(probabilities.sum(), 1, rel_tol=1e-12)


@given(logits_of_any_size)
def test_every_explanation_is_a_share_of_the_exponentials(logits):
    for class_index, probability in enumerate(softmax.forward(logits)):
        share = softmax.explain(logits, class_index=class_index)
        assert share.largest == max(logits)
        assert math.isclose(share.total, math.fsum(share.exponentials), rel_tol=1e-12)
        assert share.exponentials[class_index] == np.exp(logits[class_index] - share.largest)
        assert math.isclose(share.result, probability, rel_tol=1e-12)


def test_logits_of_several_pictures_are_refused():
    with pytest.raises(NetworkError, match=r"logits of shape \(2, 3\)"):
        softmax.forward(np.zeros((2, 3)))


def test_a_class_that_is_not_there_cannot_be_explained():
    with pytest.raises(SettingError, match="class_index 3"):
        softmax.explain(np.zeros(3), class_index=3)
