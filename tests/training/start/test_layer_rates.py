import copy

import numpy as np
import torch

from convscope.network.chain_builder import parse_chain
from convscope.network.folded_network import FoldedNetwork
from convscope.training.start import layer_rates
from convscope.training.start.layer_rates import LayerwiseAdam


def test_it_steps_as_pytorchs_adamw_with_a_rate_for_each_layer():
    chain = parse_chain("2C3-3C3", (1, 4, 4), 2)
    random = np.random.default_rng(0)
    weights = {name: random.normal(size=shape).astype(np.float32) for name, shape in chain.parameters.items()}
    ours, theirs = (FoldedNetwork(chain, weights) for _ in range(2))
    rate, head_rate, fall = layer_rates._RATE, layer_rates._HEAD_RATE, layer_rates._FALL
    rates = {"convolution_1": fall * rate, "convolution_2": rate, "full_connection_1": head_rate}
    groups = [
        {"params": [theirs.by_name[f"{layer}.{part}"] for part in ("weight", "bias")], "lr": rate}
        for layer, rate in rates.items()
    ]
    adam = torch.optim.AdamW(groups, weight_decay=layer_rates._DECAY)
    optimiser = LayerwiseAdam(ours)
    for step, share in enumerate((0.5, 1.0, 0.25)):
        for group, rate in zip(adam.param_groups, rates.values(), strict=True):
            group["lr"] = share * rate
        pictures = torch.from_numpy(np.random.default_rng(step).normal(size=(5, 1, 4, 4)).astype(np.float32))
        for network in (ours, theirs):
            network({"image": pictures}).square().sum().backward()
        optimiser.step(share)
        adam.step()
        adam.zero_grad()
    for name, tensor in theirs.by_name.items():
        np.testing.assert_allclose(ours.by_name[name].detach(), tensor.detach(), rtol=1e-4, atol=1e-6)


def test_layers_that_do_not_learn_stay_and_a_reset_forgets():
    chain = parse_chain("2C3", (1, 4, 4), 2)
    weights = {name: np.ones(shape, np.float32) for name, shape in chain.parameters.items()}
    network = FoldedNetwork(chain, weights)
    for name in ("convolution_1.weight", "convolution_1.bias"):
        network.by_name[name].requires_grad_(requires_grad=False)
    optimiser = LayerwiseAdam(network)
    first = {name: copy.deepcopy(tensor) for name, tensor in optimiser.state().items()}
    network({"image": torch.ones(1, 1, 4, 4)})[0, 0].backward()
    optimiser.step(1.0)
    assert np.array_equal(network.by_name["convolution_1.weight"].detach(), weights["convolution_1.weight"])
    assert not np.array_equal(
        network.by_name["full_connection_1.bias"].detach(), weights["full_connection_1.bias"]
    )
    optimiser.reset()
    assert all(torch.equal(tensor, first[name]) for name, tensor in optimiser.state().items())
