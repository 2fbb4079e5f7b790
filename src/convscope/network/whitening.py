"""Whitening: the filters of the first convolution are computed from the pictures instead of learned.

The pixels of a patch are strongly correlated. The eigenvectors of their covariance matrix, each divided by
the square root of its eigenvalue, turn a patch into uncorrelated numbers of equal variance, which lets the
next convolution learn faster. Each filter appears with both signs, so that ReLU loses no information.

Source: K. Jordan, "94% on CIFAR-10 in 3.29 seconds on a single GPU", 2024, section 3.2,
https://arxiv.org/abs/2404.00498; the idea is from T. Huang's hlb-CIFAR10 (2023).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from convscope.network.notation import Convolution

if TYPE_CHECKING:
    from collections.abc import Iterable

    from convscope.network.chain import Step

_SMALLEST_VARIANCE = 5e-4
"""Added to every eigenvalue, in units of the pictures' variance, so that noise is not amplified."""


def can_be_whitened(step: Step) -> bool:
    """Whether the first layer is a convolution with about two filters per number of a patch.

    Up to a fifth of the directions, the weakest ones, may be missing; any more would lose too much of the
    picture. Pictures must be at least as large as a patch.

    Example:
        >>> from convscope.network.chain_builder import parse_chain
        >>> networks = [parse_chain(text, (3, 32, 32), 10) for text in ("24C2", "20C2", "32C3")]
        >>> [can_be_whitened(network.layers[0]) for network in networks]
        [True, True, False]
    """
    layer = step.layer
    if not isinstance(layer, Convolution) or layer.activation != "relu" or layer.windows.overhang:
        return False
    channels, height, width = step.input_shape
    rows, columns = layer.windows.size
    directions = 2 * channels * rows * columns
    has_patches = rows <= height and columns <= width
    return has_patches and layer.filters % 2 == 0 and 0.8 * directions <= layer.filters <= directions


def whitening_filters(batches: Iterable[Tensor], step: Step) -> Tensor:
    """Compute the filters of a whitened first convolution.

    Args:
        batches: Each (pictures, channels, height, width), normalised; a few thousand pictures are enough.
            Batches should be small, because patches take several times the memory.
        step: The first layer; `can_be_whitened` must be true.

    Returns:
        (filters, channels, height, width), the strongest directions first, then all of them negated.
    """
    count, channels, *sides = step.parameters[f"{step.name}.weight"]
    covariance, patches_seen = torch.zeros(()), 0
    for batch in batches:
        # a view; `F.unfold` would start and join the threads once for every picture
        windows = batch.float().unfold(2, sides[0], 1).unfold(3, sides[1], 1)
        patches = windows.permute(0, 2, 3, 1, 4, 5).flatten(3).flatten(0, 2).double()
        covariance = covariance + patches.T @ patches
        patches_seen += len(patches)
    variances, directions = torch.linalg.eigh(covariance / patches_seen)
    scaled = directions / torch.sqrt(variances + _SMALLEST_VARIANCE)
    filters = scaled.flip(1).T[: count // 2].reshape(-1, channels, *sides).float()
    return torch.cat([filters, -filters])
