import numpy as np
import pytest
import torch

from convscope.errors import NetworkError
from convscope.steps import binary_cross_entropy

LOGITS = np.array([-800.0, -3.0, 0.0, 0.5, 4.0, 900.0])
PRESENT = np.array([1.0, 0.0, 1.0, 0.0, 1.0, 0.0])


def test_loss_and_gradient_are_those_of_bce_with_logits():
    logits = torch.tensor(LOGITS, requires_grad=True)
    expected = torch.nn.BCEWithLogitsLoss(reduction="sum")(logits, torch.tensor(PRESENT))
    expected.backward()
    assert binary_cross_entropy.forward(LOGITS, PRESENT) == pytest.approx(expected.item(), rel=1e-12)
    np.testing.assert_allclose(binary_cross_entropy.gradient(LOGITS, PRESENT), logits.grad, atol=1e-12)


def test_the_parts_are_minus_the_logarithm_of_what_is_true():
    found = binary_cross_entropy.explain(LOGITS[1:5], PRESENT[1:5])
    shares = np.array(found.probabilities)
    expected = -np.log(np.where(found.present, shares, 1 - shares))
    np.testing.assert_allclose(found.parts, expected, rtol=1e-12)
    assert found.result == pytest.approx(sum(found.parts))


def test_shapes_that_do_not_fit_are_refused():
    with pytest.raises(NetworkError):
        binary_cross_entropy.forward([0.0, 1.0], [1])
