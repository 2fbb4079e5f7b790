import numpy as np
import pytest
import torch
from torch import nn

from convscope.training.learning.ema import _WINDOW_FRACTION, WeightAverage


@pytest.fixture
def layer():
    torch.manual_seed(0)
    return nn.Linear(3, 2)


def walk(layer, average, steps, whole, seed=0):
    """Change the weights at random in a run of this many steps, and return all of their values."""
    random = torch.Generator().manual_seed(seed)
    been = [layer.weight.detach().numpy().copy()]
    for _ in range(steps):
        layer.weight.data += torch.randn(2, 3, generator=random)
        average.update(torch.tensor(whole))
        been.append(layer.weight.detach().numpy().copy())
    return np.array(been, np.float64)


def test_it_is_the_exponential_mean_of_the_weights(layer):
    average = WeightAverage(layer)
    been = walk(layer, average, 50, 1000)
    share = 1 / (_WINDOW_FRACTION * 1000)
    shares = share * (1 - share) ** np.arange(50)[::-1]
    expected = (1 - share) ** 50 * been[0] + np.tensordot(shares, been[1:], 1)
    np.testing.assert_allclose(average.weights["weight"], expected, atol=1e-5)
    assert torch.equal(average.weights["bias"], layer.bias)


def test_a_run_of_a_few_steps_keeps_the_last_weights(layer):
    average = WeightAverage(layer)
    been = walk(layer, average, 5, 5)
    np.testing.assert_array_equal(average.weights["weight"], been[-1])


def test_what_it_gives_are_copies(layer):
    average = WeightAverage(layer)
    walk(layer, average, 5, 1000)
    average.copy_to_network()
    assert torch.equal(layer.weight, average.weights["weight"])
    layer.weight.data += 1
    assert not torch.equal(layer.weight, average.weights["weight"])


def test_it_goes_on_from_kept_weights(layer):
    first, second = WeightAverage(layer), WeightAverage(layer)
    walk(layer, first, 5, 1000)
    second.weights["weight"].copy_(first.weights["weight"])
    for average in (first, second):
        average.update(torch.tensor(1000.0))
    assert torch.equal(first.weights["weight"], second.weights["weight"])
