"""The step measured by benchmarks/training_step.py is the step of training, setting by setting."""

import pytest
import torch

from contenders import convscope_steps
from convscope.network.training_network import TrainingNetwork
from convscope.training.learning import optimiser


@pytest.fixture
def steps(monkeypatch):
    """Records the precision of maps and updates, and the kernels, of every step."""
    found = []
    forward, orthogonalised = TrainingNetwork.forward, optimiser.orthogonalised
    of_length_one = optimiser.of_length_one

    def noted_forward(network, maps):
        kernels = {block.normalise.fused for block in network.modules() if hasattr(block, "normalise")}
        order = maps.is_contiguous(memory_format=torch.channels_last)
        found.append(("maps", maps.dtype, order, network.training, kernels))
        return forward(network, maps)

    def noted_update(matrix, product):
        found.append(("update", matrix.dtype, product))
        return orthogonalised(matrix, product)

    def noted_update_of_neurons(neurons):
        found.append(("update of neurons", neurons.dtype))
        return of_length_one(neurons)

    monkeypatch.setattr(TrainingNetwork, "forward", noted_forward)
    monkeypatch.setattr(optimiser, "of_length_one", noted_update_of_neurons)
    monkeypatch.setattr(optimiser, "orthogonalised", noted_update)
    return found


@pytest.mark.parametrize(("precision", "fastest"), [("fp32", "bf16"), ("fp32", "fp32"), ("bf16", "bf16")])
def test_the_step_that_is_measured_is_that_of_training(
    steps, make_training, make_data, monkeypatch, precision, fastest
):
    make_training(make_data(), precision=precision, network="8C3-MP2-8N").run(wants_stop=lambda: True)
    trained = [*steps]
    steps.clear()
    monkeypatch.setattr(convscope_steps, "fastest_precision", lambda: fastest)
    variant = "fp32" if precision != fastest else ""
    convscope_steps.make(variant, "8C3-MP2-8N", (1, 8, 8), 32)(1)
    assert steps == trained
    assert [step[0] for step in steps] == ["maps", "update", "update of neurons"]
