"""Max pooling, batch normalisation and ReLU as one differentiable step.

    z = (x - mean) / sqrt(variance + eps) + shift        y = max(0, z)

Mean and variance are taken per channel over the batch (Ioffe and Szegedy 2015,
https://arxiv.org/abs/1502.03167). There is no learned scale: a positive scale commutes with max pooling and
ReLU. So pooling can come first, which leaves a quarter of the numbers to normalise, and normalisation can be
folded exactly when the model is saved (`folding.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
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
"""Added to every variance to avoid division by 0 for a channel that is constant in a batch."""
_ROW_LENGTH = 128
"""Shorter rows are joined: with few iterations, the overhead of a loop dominates."""


@dataclass(frozen=True, slots=True)
class Normalisation:
    """Batch normalisation of maps, with what the backward pass needs.

    Attributes:
        maps: (pictures, channels, height, width), channels-last.
        mean: (channels,) float32, over the whole batch.
        variance: (channels,) float32.
        scale: (channels,) float32: 1 / sqrt(variance + eps).
        offset: (channels,) float32: added to scale * x.
        count: Number of values of a channel in the whole batch.
        add_up: Sums arrays over all processes that share the batch.
    """

    maps: Tensor
    mean: NDArray[np.float32]
    variance: NDArray[np.float32]
    scale: NDArray[np.float32]
    offset: NDArray[np.float32]
    count: float
    add_up: AddUp

    @classmethod
    def of(cls, maps: Tensor, sums: NDArray[np.float32], shift: Tensor, add_up: AddUp) -> Normalisation:
        """Normalise maps, given sums of values and squares (chunks, 2, channels of one or more pixels)."""
        own = _by_channel(sums, maps.shape[1])
        whole = add_up(np.append(own, maps.numel() // maps.shape[1]))
        count = whole[-1]
        total, square = whole[:-1].reshape(own.shape) / count
        mean = total.astype(np.float32)
        variance = np.maximum(square - total * total, 0).astype(np.float32)
        scale = 1 / np.sqrt(variance + np.float32(EPSILON))
        offset = shift.detach().numpy() - mean * scale
        return cls(maps, mean, variance, scale, offset, count, add_up)

    def output(self, ctx: Any) -> tuple[Tensor, Tensor, Tensor]:  # noqa: ANN401  # autograd's own
        """Return the maps after ReLU, the mean and the variance; only the maps have a gradient."""
        out = _normalise_relu(self.maps, self.scale, self.offset)
        mean, variance = torch.from_numpy(self.mean), torch.from_numpy(self.variance)
        ctx.mark_non_differentiable(mean, variance)
        return out, mean, variance

    def slopes(self, gradient: Tensor) -> tuple[tuple[NDArray[np.float32], ...], Tensor]:
        """Return what `kernels.spread_gradient` needs for each channel, and the gradient at the shift.

        Args:
            gradient: The gradient at the output, channels-last.
        """
        inputs = rows(self.maps)
        channels = _for_rows(inputs, self.scale, self.offset, self.mean)
        sums = np.empty((kernels.CHUNKS, 2, inputs.shape[1]), np.float32)
        run(kernels.sum_gradients, rows(gradient), inputs, *channels, sums)
        own = _by_channel(sums, self.maps.shape[1])
        total, product = self.add_up(own)
        slope_input = -(self.scale.astype(np.float64) ** 3) * product / self.count
        slope_constant = -self.scale * total / self.count - slope_input * self.mean
        slopes = slope_input.astype(np.float32), slope_constant.astype(np.float32)
        # for this process's pictures only: all gradients are summed over the processes later
        return (self.scale, self.offset, *slopes), torch.from_numpy(own[0].astype(np.float32))

    def spread(self, gradient: Tensor, slopes: tuple[NDArray[np.float32], ...]) -> Tensor:
        """Return the gradient at the maps.

        Args:
            gradient: The gradient at the output, channels-last.
            slopes: The result of `slopes`.
        """
        inputs, out = rows(self.maps), torch.empty_like(self.maps)
        run(kernels.spread_gradient, rows(gradient), inputs, *_for_rows(inputs, *slopes), rows(out))
        return out


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
        pooled, winners, sums = pool_and_sum(maps) if pool else _sum(maps)
        normalisation = Normalisation.of(pooled, sums, shift, add_up)
        ctx.saved = maps.shape, normalisation, winners
        return normalisation.output(ctx)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, None, None]:  # noqa: ANN401  # autograd's own signature
        """Compute the gradients at the maps and the shift."""
        shape, normalisation, winners = ctx.saved
        gradient = gradients[0].contiguous(memory_format=torch.channels_last)
        slopes, at_shift = normalisation.slopes(gradient)
        if winners is None:
            return normalisation.spread(gradient, slopes), at_shift, None, None
        pooled = normalisation.maps
        out = torch.empty(shape, dtype=pooled.dtype, memory_format=torch.channels_last)
        arrays = cells(gradient), cells(pooled), cells(winners)
        run(kernels.spread_gradient_to_winners, *arrays, *slopes, cells(out))
        return out, at_shift, None, None


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
    return pool_and_sum(maps)[0]


def normalise_maps(maps: Tensor, mean: Tensor, variance: Tensor, shift: Tensor) -> Tensor:
    """Normalise by a given mean and variance and apply ReLU, without gradient."""
    scale = torch.rsqrt(variance + EPSILON)
    offset = shift.detach() - mean * scale
    ordered = maps.contiguous(memory_format=torch.channels_last)
    return _normalise_relu(ordered, scale.numpy(), offset.numpy())


def pool_and_sum(maps: Tensor) -> tuple[Tensor, Tensor, NDArray[np.float32]]:
    """Max pool 2x2 windows.

    Args:
        maps: (pictures, channels, height, width).

    Returns:
        The maxima and the winners, (pictures, channels, height // 2, width // 2), and the sums of the maxima
        and of their squares, (CHUNKS, 2, channels), as `kernels.pool_and_sum` writes them.
    """
    pictures, channels, height, width = maps.shape
    halved = (pictures, channels, height // 2, width // 2)
    pooled = torch.empty(halved, dtype=maps.dtype, memory_format=torch.channels_last)
    winners = torch.empty(halved, dtype=torch.uint8, memory_format=torch.channels_last)
    sums = np.empty((kernels.CHUNKS, 2, channels), np.float32)
    ordered = cells(maps.contiguous(memory_format=torch.channels_last))
    run(kernels.pool_and_sum, ordered, cells(pooled), cells(winners), sums)
    return pooled, winners, sums


def _sum(maps: Tensor) -> tuple[Tensor, None, NDArray[np.float32]]:
    ordered = maps.contiguous(memory_format=torch.channels_last)
    numbers = rows(ordered)
    sums = np.empty((kernels.CHUNKS, 2, numbers.shape[1]), np.float32)
    run(kernels.sum_rows, numbers, sums)
    return ordered, None, sums


def _normalise_relu(maps: Tensor, scale: NDArray[np.float32], offset: NDArray[np.float32]) -> Tensor:
    numbers, out = rows(maps), torch.empty_like(maps)
    run(kernels.normalise_relu, numbers, *_for_rows(numbers, scale, offset), rows(out))
    return out


def cells(maps: Tensor) -> NDArray[Any]:
    """View channels-last maps as (pictures, height, width, channels); bfloat16 as uint16."""
    ordered = maps.detach().permute(0, 2, 3, 1)
    return (ordered.view(torch.uint16) if ordered.dtype == torch.bfloat16 else ordered).numpy()


def rows(maps: Tensor) -> NDArray[Any]:
    """View channels-last maps as (rows, numbers), each row the channels of one pixel or of several."""
    count, width = maps.numel() // maps.shape[1], maps.shape[1]
    while 2 * width <= _ROW_LENGTH and count % 2 == 0:
        count, width = count // 2, 2 * width
    return cells(maps).reshape(count, width)


def _for_rows(numbers: NDArray[Any], *vectors: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """Repeat vectors (channels,) for each pixel in a row of `rows`."""
    return [np.tile(vector, numbers.shape[1] // len(vector)) for vector in vectors]


def _by_channel(sums: NDArray[np.float32], channels: int) -> NDArray[np.float64]:
    """Reduce sums (chunks, 2, channels of one or more pixels) to (2, channels)."""
    return sums.reshape(len(sums), 2, -1, channels).sum(axis=(0, 2), dtype=np.float64)
