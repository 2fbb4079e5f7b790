import numpy as np
import pytest
import torch
from scipy import special

from convscope.errors import NetworkError, SettingError
from convscope.steps import sigmoid, softmax


def test_it_is_scipys_sigmoid_without_overflow():
    logits = np.concatenate([np.linspace(-40, 40, 201), [-1e4, 1e4, 0]])
    with np.errstate(all="raise", under="ignore"):
        np.testing.assert_allclose(sigmoid.forward(logits), special.expit(logits), rtol=1e-14)


def test_it_is_softmax_of_yes_and_no():
    for logit in (-3.0, 0.0, 1.5):
        assert sigmoid.forward([logit])[0] == pytest.approx(softmax.forward([logit, 0])[0], abs=1e-15)


def test_its_gradient_is_pytorchs():
    logits = torch.linspace(-5, 5, 11, dtype=torch.float64, requires_grad=True)
    at_output = torch.arange(11.0, dtype=torch.float64)
    torch.sigmoid(logits).backward(at_output)
    found = sigmoid.gradient(at_output.numpy(), logits.detach().numpy())
    np.testing.assert_allclose(found, logits.grad, rtol=1e-12)


def test_one_probability_is_explained():
    share = sigmoid.explain([0.3, -2.0], label_index=1)
    assert share.result == pytest.approx(1 / (1 + share.exponential))
    assert sigmoid.explain([-2000.0], label_index=0).exponential == np.inf


def test_impossible_arguments_are_refused():
    with pytest.raises(NetworkError):
        sigmoid.forward([[1.0]])
    with pytest.raises(SettingError):
        sigmoid.explain([1.0], label_index=1)
