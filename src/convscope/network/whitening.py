"""A first convolution computed from the pictures instead of learned.

The patches that a filter sees are strongly correlated. The eigenvectors of their covariance, each divided by
the root of its eigenvalue, turn them into uncorrelated numbers of equal size, which the next convolution
learns from faster. Each filter stands there twice, with either sign, so that ReLU loses nothing.

Source: K. Jordan, "94% on CIFAR-10 in 3.29 seconds on a single GPU", 2024, section 3.2,
https://arxiv.org/abs/2404.00498; the idea is from T. Huang's hlb-CIFAR10 (2023).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F  # noqa: N812  # PyTorch's own idiom
from torch import Tensor

from convscope.network.notation import Convolution

if TYPE_CHECKING:
    from convscope.network.shapes import Stage

_SMALLEST_VARIANCE = 5e-4
"""Added to every eigenvalue, in units of the pictures' variance, so that mere noise is not blown up."""

_PICTURES_AT_ONCE = 64


def can_be_whitened(stage: Stage) -> bool:
    """Whether a first stage has two filters for each number of its patch, or nearly so.

    Up to a fifth of the directions may be left out, the weakest; more would cost too much of the picture. Of
    pictures smaller than a patch there are no patches.

    Example:
        >>> from convscope.network.notation import parse
        >>> from convscope.network.shapes import stages
        >>> [can_be_whitened(stages(parse(text), (3, 32, 32), 10)[0]) for text in ("24C2", "20C2", "32C3")]
        [True, True, False]
    """
    layer = stage.layer
    if not isinstance(layer, Convolution):
        return False
    channels, height, width = stage.input_shape
    most = 2 * channels * layer.size[0] * layer.size[1]
    has_patches = layer.size[0] <= height and layer.size[1] <= width
    return has_patches and layer.filters % 2 == 0 and 0.8 * most <= layer.filters <= most


def whitening_filters(maps: Tensor, stage: Stage) -> Tensor:
    """Compute the filters of a whitened first convolution.

    Args:
        maps: (pictures, channels, height, width), normalised; some thousand pictures are plenty.
        stage: The first stage, which `can_be_whitened`.

    Returns:
        (filters, channels, height, width), the strongest directions first, then all of them negated.
    """
    count, channels, *sides = stage.weight_shapes[f"{stage.name}.weight"]
    covariance, patches_seen = torch.zeros(()), 0
    for part in maps.split(_PICTURES_AT_ONCE):  # the patches of all pictures together would fill the memory
        patches = F.unfold(part.float(), (sides[0], sides[1])).transpose(1, 2).flatten(0, 1).double()
        covariance = covariance + patches.T @ patches
        patches_seen += len(patches)
    variances, directions = torch.linalg.eigh(covariance / patches_seen)
    scaled = directions / torch.sqrt(variances + _SMALLEST_VARIANCE)
    filters = scaled.flip(1).T[: count // 2].reshape(-1, channels, *sides).float()
    return torch.cat([filters, -filters])
