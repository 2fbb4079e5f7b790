import numpy as np
import pytest
import torch
from sklearn.metrics import brier_score_loss

from convscope.errors import NetworkError
from convscope.steps import binary_squared_error, sigmoid

LOGITS = np.array([-30.0, -3.0, 0.0, 0.5, 4.0, 50.0])
PRESENT = np.array([1.0, 0.0, 1.0, 0.0, 1.0, 0.0])


def test_loss_and_gradient_are_those_of_mse_after_sigmoid():
    logits = torch.tensor(LOGITS, requires_grad=True)
    expected = torch.nn.functional.mse_loss(logits.sigmoid(), torch.tensor(PRESENT), reduction="sum")
    expected.backward()
    assert binary_squared_error.forward(LOGITS, PRESENT) == pytest.approx(expected.item(), rel=1e-12)
    np.testing.assert_allclose(binary_squared_error.gradient(LOGITS, PRESENT), logits.grad, atol=1e-12)


def test_it_is_the_brier_score_of_the_labels_added_up():
    found = binary_squared_error.explain(LOGITS, PRESENT)
    expected = brier_score_loss(PRESENT, sigmoid.forward(LOGITS)) * len(LOGITS)
    assert found.result == pytest.approx(expected, rel=1e-12)
    assert [term.target for term in found.terms] == PRESENT.tolist()


def test_a_confidently_wrong_network_is_hardly_corrected():
    (gradient,) = binary_squared_error.gradient([-30.0], [1])
    assert -1e-12 < gradient < 0


def test_shapes_that_do_not_fit_are_refused():
    with pytest.raises(NetworkError):
        binary_squared_error.forward([0.0, 1.0], [1])
