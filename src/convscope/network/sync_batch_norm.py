"""Synchronised batch normalisation: over a batch that is spread over processes, with PyTorch's operations.

    z = (x - mean) / sqrt(variance + eps) + shift

Mean and variance are taken over the whole batch. Gradients pass through them, so the pictures of one process
also affect the gradients of all others. `torch.nn.SyncBatchNorm` computes the same, but only on GPUs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import torch
from torch import Tensor

from convscope.network.fused import EPSILON

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    AddUpTensors = Callable[[Sequence[Tensor]], None]


def sync_batch_norm(maps: Tensor, shift: Tensor, add_up: AddUpTensors) -> tuple[Tensor, Tensor, Tensor]:
    """Normalise this process's share of a batch; all processes must call it together.

    Args:
        maps: (pictures, channels, height, width), this process's share.
        shift: (channels,) float32.
        add_up: Replaces tensors by their sums over all processes (all-reduce).

    Returns:
        The normalised maps, and the whole batch's mean and variance, (channels,) float32.

    Example:
        >>> maps = torch.tensor([3.0, 5.0]).view(2, 1, 1, 1)  # the other process has 1 and 7
        >>> normal, mean, variance = sync_batch_norm(
        ...     maps, torch.zeros(1), lambda sums: sums[0].add_(torch.tensor([[8.0], [50.0], [2.0]]))
        ... )
        >>> mean.item(), variance.item(), normal.flatten().tolist()
        (4.0, 5.0, [-0.447213..., 0.447213...])
    """
    wide = maps.float()
    own_variance, own_mean = (moment.double() for moment in torch.var_mean(wide, (0, 2, 3), correction=0))
    count = maps.numel() // maps.shape[1]
    own = count * torch.stack((own_mean, own_variance + own_mean.square(), torch.ones_like(own_mean)))
    total, square, counts = cast("Tensor", _SumOverProcesses.apply(own, add_up)).unbind()
    mean = total / counts
    variance = (square / counts - mean.square()).clamp_min(0)
    scale = torch.rsqrt(variance + EPSILON)
    offset = (shift - mean * scale).float()
    normal = torch.addcmul(offset[:, None, None], wide, scale.float()[:, None, None]).to(maps.dtype)
    return normal, mean.detach().float(), variance.detach().float()


class _SumOverProcesses(torch.autograd.Function):
    """Sum over all processes. All losses depend on the sum, so gradients are summed as well."""

    @staticmethod
    def forward(ctx: Any, own: Tensor, add_up: AddUpTensors) -> Tensor:  # noqa: ANN401  # autograd's own signature
        ctx.add_up = add_up
        return _sum_over_processes(own, add_up)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:  # noqa: ANN401  # autograd's own signature
        return _sum_over_processes(gradients[0], ctx.add_up), None


def _sum_over_processes(own: Tensor, add_up: AddUpTensors) -> Tensor:
    total = own.clone()
    add_up([total])
    return total
