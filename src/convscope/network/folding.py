"""Fold the batch normalisation of a trained network into the weights of the plain chain.

Batch normalisation with running mean m, running variance v and shift b is y = s (x - m) + b with
s = 1 / sqrt(v + eps) > 0. The layer before it is linear, x = w * a, so y = (s w) * a + (b - s m): a
convolution with scaled weights and a bias. Max pooling in between makes no difference, because a positive
scale and a shift preserve the order of numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from convscope.network.blocks import (
    ConvolutionBlock,
    DepthwiseBlock,
    FullConnectionBlock,
    NormalisedActivation,
    OutputBlock,
    WhitenedConvolution,
)
from convscope.network.fused import EPSILON

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from convscope.network.training_network import TrainingNetwork


def fold(network: TrainingNetwork) -> dict[str, NDArray[np.float32]]:
    """Return the weights of the plain chain with the same logits as the network in evaluation mode.

    Returns:
        `convolution_1.weight` (filters, channels, height, width), `convolution_1.bias` (filters,), ..., in
        the order and with the names of `Chain.parameters`.
    """
    weights: dict[str, NDArray[np.float32]] = {}
    with torch.no_grad():
        for step, block in zip(network.steps, network.blocks, strict=True):
            match block:
                case WhitenedConvolution():
                    pair = block.weight, block.weight.new_zeros(len(block.weight))
                case ConvolutionBlock() | DepthwiseBlock() | FullConnectionBlock():
                    pair = _folded(block.weight, block.normalise)
                case OutputBlock():
                    pair = block.weight * block.scale, block.bias
                case _:
                    continue
            names = f"{step.name}.weight", f"{step.name}.bias"
            weights |= {name: t.cpu().numpy().copy() for name, t in zip(names, pair, strict=True)}
    return weights


def _folded(weight: Tensor, normalise: NormalisedActivation) -> tuple[Tensor, Tensor]:
    scale = torch.rsqrt(normalise.variance + EPSILON)
    along_filters = (-1, *[1] * (weight.ndim - 1))
    return weight * scale.reshape(along_filters), normalise.shift - normalise.mean * scale
