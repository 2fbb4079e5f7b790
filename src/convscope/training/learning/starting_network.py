"""The initial network of a training: random, or with the weights of an earlier model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from convscope.network.blocks import NormalisedActivation
from convscope.network.chain_builder import parse_chain
from convscope.network.training_network import TrainingNetwork
from convscope.network.unfolding import unfold
from convscope.network.whitening import can_be_whitened, whitening_filters
from convscope.training.machine import compilation

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from convscope.training.data.training_data import TrainingData
    from convscope.training.group import Group
    from convscope.training.machine.engine import Engine
    from convscope.training.recipe import Recipe


def starting_network(
    data: TrainingData,
    recipe: Recipe,
    group: Group,
    engine: Engine,
    initial: Mapping[str, NDArray[np.float32]] | None,
) -> TrainingNetwork:
    """Create the network on its device.

    Args:
        data: The pictures: a whitened first convolution is computed from them.
        recipe: Provides notation and seed.
        group: The processes, which sum the statistics of their shares of a batch.
        engine: Device and kernels.
        initial: Weights of the plain chain to start from, by name; None: from scratch.
    """
    compilation.wait()
    generator = torch.Generator().manual_seed(recipe.seed)
    chain = parse_chain(recipe.network, data.shape, len(data.classes), data.target.last_step)
    first = chain.layers[0]
    whitened = whitening_filters(data.sample(), first) if can_be_whitened(first) else None
    network = TrainingNetwork(chain, whitened=whitened, fused=engine.fused, generator=generator)
    if initial is not None:
        unfold(network, initial, data.sample())
    for normalisation in (one for one in network.modules() if isinstance(one, NormalisedActivation)):
        normalisation.add_up = group.add_up
        normalisation.add_up_tensors = None if group.rank.is_alone else group.add_up_tensors
    return network.to(engine.device)
