"""Max pooling, batch normalisation and ReLU as one differentiable step.

    z = (x - mean) / sqrt(variance + eps) + shift        y = max(0, z)

Mean and variance are those of each channel over the batch (Ioffe and Szegedy 2015,
https://arxiv.org/abs/1502.03167). There is no learned scale: a positive scale commutes with max pooling and
ReLU. So pooling can come first, which leaves a quarter of the numbers to normalise, and normalisation folds
away exactly when the model is saved (`folding.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from convscope.network import kernels
from convscope.network.threads import run

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    AddUp = Callable[[NDArray[np.float64]], NDArray[np.float64]]

EPSILON = 1e-5
"""Added to every variance, so that a channel that is constant in a batch does not divide by 0."""


class PoolNormReLU(torch.autograd.Function):
    """Max pooling (optional), batch normalisation and ReLU, in two passes over memory each way.

    `apply(maps, shift, pool, add_up)` takes maps (pictures, channels, height, width) in channels-last memory,
    float32 or bfloat16; shift (channels,) float32; whether to max pool 2x2 windows first; and a function that
    sums numbers over all processes that share the batch. It returns the output and the mean and variance of
    the whole batch, (channels,) float32, for the running statistics.
    """

    @staticmethod
    def forward(  # autograd's own signature
        ctx: Any,  # noqa: ANN401
        maps: Tensor,
        shift: Tensor,
        pool: bool,  # noqa: FBT001
        add_up: AddUp,
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Compute the output and save what the backward pass needs."""
        pooled, winners, sums = _pool_and_sum(maps) if pool else _sum(maps)
        own = sums.sum(axis=0, dtype=np.float64)
        whole = add_up(np.append(own, pooled.numel() // pooled.shape[1]))
        count = whole[-1]
        total, square = whole[:-1].reshape(own.shape) / count
        mean = total.astype(np.float32)
        variance = np.maximum(square - total * total, 0).astype(np.float32)
        scale = 1 / np.sqrt(variance + np.float32(EPSILON))
        offset = shift.detach().numpy() - mean * scale
        out = _normalise_relu(pooled, scale, offset)
        ctx.saved = (maps.shape, pooled, winners, mean, scale, offset, count, add_up)
        mean_out, variance_out = torch.from_numpy(mean), torch.from_numpy(variance)
        ctx.mark_non_differentiable(mean_out, variance_out)
        return out, mean_out, variance_out

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, None, None]:  # noqa: ANN401  # autograd's own signature
        """Compute the gradients at the maps and the shift."""
        shape, pooled, winners, mean, scale, offset, count, add_up = ctx.saved
        gradient = gradients[0].contiguous(memory_format=torch.channels_last)
        sums = np.empty((kernels.CHUNKS, 2, pooled.shape[1]), np.float32)
        run(kernels.sum_gradients, _rows(gradient), _rows(pooled), scale, offset, mean, sums)
        own = sums.sum(axis=0, dtype=np.float64)
        total, product = add_up(own)
        slope_input = -(scale.astype(np.float64) ** 3) * product / count
        slope_constant = -scale * total / count - slope_input * mean
        slopes = (slope_input.astype(np.float32), slope_constant.astype(np.float32))
        out = torch.empty(shape, dtype=pooled.dtype, memory_format=torch.channels_last)
        if winners is None:
            run(kernels.spread_gradient, _rows(gradient), _rows(pooled), scale, offset, *slopes, _rows(out))
        else:
            arrays = _cells(gradient), _cells(pooled), _cells(winners)
            run(kernels.spread_gradient_to_winners, *arrays, scale, offset, *slopes, _cells(out))
        # of this process's pictures only: it is summed over the processes with all other gradients
        return out, torch.from_numpy(own[0].astype(np.float32)), None, None


def one_process(numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sum over a single process."""
    return numbers


def pool_maps(maps: Tensor) -> Tensor:
    """Max pool 2x2 windows, without gradient.

    Args:
        maps: (pictures, channels, height, width), float32 or bfloat16.

    Returns:
        (pictures, channels, height // 2, width // 2).
    """
    return _pool_and_sum(maps)[0]


def normalise_maps(maps: Tensor, mean: Tensor, variance: Tensor, shift: Tensor) -> Tensor:
    """Normalise by a given mean and variance and apply ReLU, without gradient."""
    scale = torch.rsqrt(variance + EPSILON)
    offset = shift.detach() - mean * scale
    ordered = maps.contiguous(memory_format=torch.channels_last)
    return _normalise_relu(ordered, scale.numpy(), offset.numpy())


def _pool_and_sum(maps: Tensor) -> tuple[Tensor, Tensor, NDArray[np.float32]]:
    pictures, channels, height, width = maps.shape
    halved = (pictures, channels, height // 2, width // 2)
    pooled = torch.empty(halved, dtype=maps.dtype, memory_format=torch.channels_last)
    winners = torch.empty(halved, dtype=torch.uint8, memory_format=torch.channels_last)
    sums = np.empty((kernels.CHUNKS, 2, channels), np.float32)
    cells = _cells(maps.contiguous(memory_format=torch.channels_last))
    run(kernels.pool_and_sum, cells, _cells(pooled), _cells(winners), sums)
    return pooled, winners, sums


def _sum(maps: Tensor) -> tuple[Tensor, None, NDArray[np.float32]]:
    ordered = maps.contiguous(memory_format=torch.channels_last)
    sums = np.empty((kernels.CHUNKS, 2, maps.shape[1]), np.float32)
    run(kernels.sum_rows, _rows(ordered), sums)
    return ordered, None, sums


def _normalise_relu(maps: Tensor, scale: NDArray[np.float32], offset: NDArray[np.float32]) -> Tensor:
    out = torch.empty_like(maps)
    run(kernels.normalise_relu, _rows(maps), scale, offset, _rows(out))
    return out


def _cells(maps: Tensor) -> NDArray[Any]:
    """View channels-last maps as (pictures, height, width, channels); bfloat16 as uint16."""
    cells = maps.detach().permute(0, 2, 3, 1)
    return (cells.view(torch.uint16) if cells.dtype == torch.bfloat16 else cells).numpy()


def _rows(maps: Tensor) -> NDArray[Any]:
    """View channels-last maps as (pictures * height * width, channels)."""
    return _cells(maps).reshape(-1, maps.shape[1])
