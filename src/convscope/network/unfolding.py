"""Unfolding, the opposite of folding: initialise a training network from the weights of a plain chain.

In the plain chain a layer computes y = w * a + b. In training, batch normalisation comes in between:
y = (x - m) / sqrt(v + eps) + shift with x = w * a. With the mean m of x over some pictures, v = 1 - eps and
shift = b + m, it computes the same. In a chain trained by convscope, x has variance 1 on the training
pictures, so that normalising each batch changes little.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from convscope.network.blocks import (
    ConvolutionBlock,
    DepthwiseBlock,
    FullConnectionBlock,
    NormalisedActivation,
    OutputBlock,
    WhitenedConvolution,
)
from convscope.network.fused import EPSILON, pool_maps

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor, nn

    from convscope.network.training_network import TrainingNetwork


def unfold(
    network: TrainingNetwork, weights: Mapping[str, NDArray[np.float32]], batches: Iterable[Tensor]
) -> None:
    """Give a network the weights of a plain chain of the same notation.

    Args:
        network: The new training network; a whitened first convolution keeps its filters.
        weights: Weights by name, as `fold` returns them.
        batches: Each (pictures, channels, height, width), normalised: pictures to measure the means on.
    """
    with torch.no_grad():
        for step, block in zip(network.steps, network.blocks, strict=True):
            names = f"{step.name}.weight", f"{step.name}.bias"
            pair = [torch.from_numpy(weights[name].copy()) for name in names if name in weights]
            match block:
                case ConvolutionBlock() | DepthwiseBlock() | FullConnectionBlock():
                    block.weight.copy_(pair[0].reshape(block.weight.shape))
                    block.normalise.shift.copy_(pair[1])
                    block.normalise.mean.zero_()
                    block.normalise.variance.fill_(1 - EPSILON)
                case WhitenedConvolution():
                    block.weight.copy_(pair[0])
                case OutputBlock():
                    block.weight.copy_(pair[0] / block.scale)
                    block.bias.copy_(pair[1])
                case _:
                    pass
        _measure_means(network, batches)


def _measure_means(network: TrainingNetwork, batches: Iterable[Tensor]) -> None:
    """Set the running means to those of some pictures; adapt the shifts so that the output stays the same."""
    sums: dict[NormalisedActivation, Tensor] = {}

    def add_up(normalise: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        assert isinstance(normalise, NormalisedActivation)  # noqa: S101  # it is registered on no other
        x = pool_maps(inputs[0]) if normalise.pool else inputs[0]
        sums[normalise] = sums.get(normalise, torch.zeros(x.shape[1])) + x.float().mean((2, 3)).sum(0)

    normalisations = [one for one in network.modules() if isinstance(one, NormalisedActivation)]
    hooks = [one.register_forward_pre_hook(add_up) for one in normalisations]
    network.eval()
    count = 0
    for batch in batches:
        network(batch)
        count += len(batch)
    for hook in hooks:
        hook.remove()
    for normalise, total in sums.items():
        mean = total / count
        normalise.mean.copy_(mean)
        normalise.shift.add_(mean)
    network.train()
