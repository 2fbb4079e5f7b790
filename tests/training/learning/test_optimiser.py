import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from hypothesis import given, settings
from hypothesis import strategies as st

from convscope.network.chain_builder import parse_chain
from convscope.network.training_network import TrainingNetwork
from convscope.training.learning import optimiser
from convscope.training.learning.optimiser import Optimiser, orthogonalised

FULL = torch.tensor(1.0)
BATCH = 16


@pytest.fixture
def network():
    torch.manual_seed(0)
    return TrainingNetwork(parse_chain("5C3-MP2-6N", (3, 8, 8), 4), whitened=None, fused=True)


def backward(network, seed=0):
    random = torch.Generator().manual_seed(seed)
    maps = torch.randn(BATCH, 3, 8, 8, generator=random)
    F.cross_entropy(network(maps), torch.randint(0, 4, (BATCH,), generator=random)).backward()


def three_steps(singular_values):
    """The odd quintic polynomial of Jordan's Muon, on the singular values of the matrix at norm 1."""
    s = singular_values / np.linalg.norm(singular_values)
    for _ in range(3):
        s = 3.4445 * s - 4.7750 * s**3 + 2.0315 * s**5
    return s


@settings(max_examples=40)
@given(st.integers(1, 40), st.integers(1, 200), st.floats(1e-3, 1e3), st.integers(0, 2**32 - 1))
def test_orthogonalising_changes_the_singular_values_alone(rows, columns, scale, seed):
    matrix = scale * np.random.default_rng(seed).standard_normal((rows, columns))
    left, values, right = np.linalg.svd(matrix, full_matrices=False)
    expected = left @ np.diag(three_steps(values)) @ right
    found = orthogonalised(torch.from_numpy(matrix).float()).numpy()
    assert found.dtype == np.float32
    assert np.linalg.norm(found - expected, 2) < 0.1  # of about 1; bfloat16 keeps two digits


def test_singular_values_come_near_one():
    matrix = torch.randn(32, 288, generator=torch.Generator().manual_seed(0))
    values = np.linalg.svd(orthogonalised(matrix).numpy(), compute_uv=False)
    assert 0.3 < values.min() <= values.max() < 1.3


def test_no_gradient_is_no_direction():
    assert torch.equal(orthogonalised(torch.zeros(3, 5)), torch.zeros(3, 5))


@pytest.mark.parametrize("fraction", [1.0, 0.25])
def test_filters_are_held_at_one_norm_and_turned_by_an_angle(network, fraction):
    weight, rate = network.blocks[0].weight, 0.1
    before = weight.detach().clone()
    backward(network)
    Optimiser(network, batch_size=BATCH, filter_rate=rate).step(torch.tensor(fraction))
    turned = weight.detach() - math.sqrt(5) * before / before.norm()
    sizes = np.linalg.svd(turned.flatten(1).numpy(), compute_uv=False)
    assert sizes.max() < 1.3 * rate * fraction
    assert np.linalg.norm(sizes) > 0.3 * rate * fraction * math.sqrt(5)


def test_each_hidden_neuron_is_turned_as_far(network):
    weight = network.blocks[2].weight
    before = weight.detach() * math.sqrt(len(weight)) / weight.detach().norm()
    backward(network)
    descent = -weight.grad.clone()
    Optimiser(network, batch_size=BATCH, filter_rate=0.1).step(torch.tensor(0.5))
    turned = weight.detach() - before
    torch.testing.assert_close(turned.norm(dim=1), torch.full((6,), 0.05))
    torch.testing.assert_close(F.cosine_similarity(turned, descent), torch.ones(6))


def test_a_step_goes_down_the_slope(network):
    random = torch.Generator().manual_seed(0)
    maps, labels = torch.randn(BATCH, 3, 8, 8, generator=random), torch.arange(BATCH) % 4
    steps, losses = Optimiser(network, batch_size=BATCH, filter_rate=0.05), []
    for _ in range(20):
        loss = F.cross_entropy(network(maps), labels)
        losses.append(loss.item())
        loss.backward()
        steps.step(FULL)
    assert losses[-1] < 0.5 * losses[0]


def test_shifts_and_the_output_layer_follow_pytorchs_sgd(network):
    rates = {
        "blocks.0.normalise.shift": optimiser._SHIFT_RATE,
        "blocks.2.normalise.shift": optimiser._SHIFT_RATE,
        "blocks.3.weight": optimiser._OUTPUT_RATE,
        "blocks.3.bias": optimiser._OUTPUT_RATE,
    }
    parameters = dict(network.named_parameters())
    copies = {name: parameters[name].detach().clone().requires_grad_() for name in rates}
    theirs = torch.optim.SGD(
        [
            {"params": [copy], "lr": rates[name] * BATCH, "weight_decay": optimiser._DECAY / rates[name]}
            for name, copy in copies.items()
        ],
        momentum=optimiser._MOMENTUM,
        nesterov=True,
    )
    ours = Optimiser(network, batch_size=BATCH, filter_rate=0.1)
    for seed in range(5):
        backward(network, seed)
        for name, copy in copies.items():
            copy.grad = parameters[name].grad.clone()
        ours.step(FULL)
        theirs.step()
    for name, copy in copies.items():
        torch.testing.assert_close(parameters[name].detach(), copy.detach())


def test_gradients_are_forgotten(network):
    backward(network)
    Optimiser(network, batch_size=BATCH, filter_rate=0.1).step(FULL)
    assert all(parameter.grad is None for parameter in network.parameters())


def test_a_step_not_taken_changes_nothing(network):
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    steps = Optimiser(network, batch_size=BATCH, filter_rate=0.1)
    backward(network)
    kept = {name: tensor.clone() for name, tensor in network.named_parameters()}
    steps.zero_grad()
    assert all(parameter.grad is None for parameter in network.parameters())
    assert all(torch.equal(tensor, before[name]) for name, tensor in kept.items())
    assert not any(momentum.any() for momentum in steps.state().values())


@pytest.mark.parametrize("shape", [(5, 40), (40, 5)])
def test_without_bfloat16_updates_are_as_orthogonal(shape):
    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    exact, rounded = orthogonalised(matrix, torch.float32), orthogonalised(matrix)
    torch.testing.assert_close(exact, rounded, rtol=0, atol=0.02)
    values = torch.linalg.svdvals(exact)
    assert 0.3 < values.min() <= values.max() < 1.3


def test_a_kept_state_goes_on_as_if_nothing_had_been(network):
    first = Optimiser(network, batch_size=BATCH, filter_rate=0.1)
    for seed in range(3):
        backward(network, seed)
        first.step(FULL)
    kept = {name: tensor.clone() for name, tensor in first.state().items()}
    weights = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    results = []
    for one in (first, Optimiser(network, batch_size=BATCH, filter_rate=0.1)):
        for name, momentum in one.state().items():
            momentum.copy_(kept[name])
        network.load_state_dict(weights)
        backward(network, seed=3)
        one.step(torch.tensor(0.5))
        results.append({name: tensor.clone() for name, tensor in network.state_dict().items()})
    assert all(torch.equal(tensor, results[1][name]) for name, tensor in results[0].items())
    assert set(kept) == {name for name, _ in network.named_parameters()}
