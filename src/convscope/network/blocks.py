"""The layers of a network as trainable PyTorch modules.

The trained network differs from the saved one in one way: batch normalisation comes between a convolution (or
full connection) and its ReLU. `folding.py` folds it into the weights. Weights are kept in float32 and cast to
the precision of the maps when they are used; maps are channels-last.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, cast

import torch
import torch.nn.functional as F  # noqa: N812  # PyTorch's own idiom
from torch import Tensor, nn

from convscope.network.fused import EPSILON, PoolNormReLU, normalise_maps, one_process, pool_maps
from convscope.network.fused_convolution import ConvolutionPoolNormReLU, computes, convolve_and_pool
from convscope.network.sync_batch_norm import sync_batch_norm

if TYPE_CHECKING:
    from convscope.network.chain import Step
    from convscope.network.fused import AddUp
    from convscope.network.notation import Activation, Convolution, DepthwiseConvolution, FullConnection
    from convscope.network.sync_batch_norm import AddUpTensors
    from convscope.steps.windows import Windows

STATISTICS_MOMENTUM = 0.1
"""Momentum of the running statistics: the weight of each new batch."""


class NormalisedActivation(nn.Module):
    """Normalisation over the batch, then an activation, with 2x2 max pooling before both if `pool`.

    If a batch is spread over processes, `add_up` sums over them for the fused kernels, and `add_up_tensors`
    for PyTorch's own operations (None: a single process).

    Args:
        channels: Number of channels of the maps.
        pool: Whether 2x2 max pooling comes first.
        fused: Whether to use the fused kernels, which only support ReLU, or PyTorch's own operations.
        activation: The activation after normalisation.
    """

    mean: Tensor
    variance: Tensor

    def __init__(self, channels: int, *, pool: bool, fused: bool, activation: Activation = "relu") -> None:
        super().__init__()
        self.pool = pool
        self.fused = fused and activation == "relu"
        self.activation = _ACTIVATIONS[activation]
        self.momentum = STATISTICS_MOMENTUM
        self.add_up: AddUp = one_process
        self.add_up_tensors: AddUpTensors | None = None
        self.shift = nn.Parameter(torch.zeros(channels))
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("variance", torch.ones(channels))

    def forward(self, maps: Tensor) -> Tensor:
        """Map (pictures, channels, height, width) to the same shape, or to half the height and width."""
        if self.fused:
            return self._forward_fused(maps)
        pooled = F.max_pool2d(maps, 2) if self.pool else maps
        return self.activation(
            self._normalise(pooled) if self.training else self._normalise_as_measured(pooled)
        )

    def after_convolution(self, maps: Tensor, weight: Tensor, margins: tuple[int, int]) -> Tensor:
        """Do the same in training, fused with the convolution before it (`fused_convolution.py`)."""
        out, mean, variance = cast(
            "tuple[Tensor, Tensor, Tensor]",
            ConvolutionPoolNormReLU.apply(maps, weight, self.shift, margins, self.add_up),
        )
        self._remember(mean, variance)
        return out

    def _normalise(self, maps: Tensor) -> Tensor:
        if self.add_up_tensors:
            normal, mean, variance = sync_batch_norm(maps, self.shift, self.add_up_tensors)
            self._remember(mean, variance)
            return normal
        mean, variance = torch.zeros_like(self.mean), torch.zeros_like(self.variance)
        unit = torch.ones_like(self.shift)
        normal = F.batch_norm(maps, mean, variance, unit, self.shift, training=True, momentum=1, eps=EPSILON)
        count = maps.numel() // len(unit)
        self._remember(mean, variance * ((count - 1) / count))  # PyTorch divides by count - 1
        return normal

    def _normalise_as_measured(self, maps: Tensor) -> Tensor:
        given = self.mean, self.variance, torch.ones_like(self.shift), self.shift
        return F.batch_norm(maps, *given, training=False, eps=EPSILON)

    def _forward_fused(self, maps: Tensor) -> Tensor:
        if not self.training:
            pooled = pool_maps(maps) if self.pool else maps
            return normalise_maps(pooled, self.mean, self.variance, self.shift)
        out, mean, variance = cast(
            "tuple[Tensor, Tensor, Tensor]",
            PoolNormReLU.apply(maps, self.shift, self.pool, self.add_up),
        )
        self._remember(mean, variance)
        return out

    def _remember(self, mean: Tensor, variance: Tensor) -> None:
        with torch.no_grad():
            self.mean.lerp_(mean, self.momentum)
            self.variance.lerp_(variance, self.momentum)


def _linear(maps: Tensor) -> Tensor:
    return maps


_ACTIVATIONS: dict[Activation, Callable[[Tensor], Tensor]] = {
    "relu": F.relu,
    "relu6": F.relu6,
    "linear": _linear,
}

Pool = Callable[[Tensor, "Windows"], Tensor]


class ConvolutionBlock(nn.Module):
    """A convolution, then normalisation and its activation."""

    def __init__(
        self, step: Step, *, pool: bool, fused: bool, generator: torch.Generator | None = None
    ) -> None:
        super().__init__()
        layer = cast("Convolution", step.layer)
        self.windows = layer.windows
        self.weight = nn.Parameter(_initial_filters(step, generator))
        self.normalise = NormalisedActivation(
            step.shape[0], pool=pool, fused=fused, activation=layer.activation
        )
        self._may_be_fused = pool and self.normalise.fused and self.windows.stride == (1, 1)

    def forward(self, maps: Tensor) -> Tensor:
        """Map (pictures, channels, height, width) to the maps after the activation."""
        maps, padding = padded(maps, self.windows)
        if self._may_be_fused and self.training and computes(maps, self.weight):
            return self.normalise.after_convolution(maps, self.weight, padding)
        weight = self.weight.to(maps.dtype, memory_format=torch.channels_last)
        return self.normalise(F.conv2d(maps, weight, None, self.windows.stride, padding))


class DepthwiseBlock(nn.Module):
    """A depthwise convolution, then normalisation and its activation."""

    def __init__(self, step: Step, *, fused: bool, generator: torch.Generator | None = None) -> None:
        super().__init__()
        layer = cast("DepthwiseConvolution", step.layer)
        self.windows = layer.windows
        self.weight = nn.Parameter(_initial_weights(step, generator))
        self.normalise = NormalisedActivation(
            step.shape[0], pool=False, fused=fused, activation=layer.activation
        )

    def forward(self, maps: Tensor) -> Tensor:
        """Map (pictures, channels, height, width) to the maps after the activation."""
        weight = self.weight.to(maps.dtype, memory_format=torch.channels_last)
        maps, padding = padded(maps, self.windows)
        return self.normalise(F.conv2d(maps, weight, None, self.windows.stride, padding, groups=len(weight)))


class AdditionBlock(nn.Module):
    """A shortcut: the sum of a block's output and its input."""

    def forward(self, block: Tensor, shortcut: Tensor) -> Tensor:
        """Add maps of the same shape."""
        return block + shortcut


class WhitenedConvolution(nn.Module):
    """A first convolution computed from the pictures instead of learned (`whitening.py`), then ReLU.

    It includes the 2x2 max pooling that follows if `pool`.
    """

    weight: Tensor

    def __init__(self, step: Step, filters: Tensor, *, pool: bool) -> None:
        super().__init__()
        self.stride, self.padding = step.windows.stride, step.windows.padding
        self.pool = pool
        self.register_buffer("weight", filters)

    def forward(self, maps: Tensor) -> Tensor:
        """Map (pictures, channels, height, width) to the maps after ReLU."""
        if self.pool and self.stride == (1, 1) and computes(maps, self.weight):
            ordered = maps.contiguous(memory_format=torch.channels_last)
            return F.relu_(convolve_and_pool(ordered, self.weight, self.padding)[0])
        weight = self.weight.to(maps.dtype, memory_format=torch.channels_last)
        sums = F.conv2d(maps, weight, None, self.stride, self.padding)
        return F.relu_(pool_maps(sums) if self.pool else sums)  # this order is cheaper


class PoolingBlock(nn.Module):
    """Pooling that is not fused with the convolution before it.

    A window that covers the whole map shrinks with the maps if the pictures are smaller.

    Args:
        step: The pooling step.
        pool: `max_pool` or `average_pool`.
    """

    def __init__(self, step: Step, pool: Pool) -> None:
        super().__init__()
        self.windows = step.windows
        self.pools_whole_maps = step.pools_whole_maps
        self.pool = pool

    def forward(self, maps: Tensor) -> Tensor:
        """Map (pictures, channels, height, width) to smaller maps."""
        whole = maps.shape[2], maps.shape[3]
        return self.pool(maps, replace(self.windows, size=whole) if self.pools_whole_maps else self.windows)


class FullConnectionBlock(nn.Module):
    """A hidden full connection, then normalisation and its activation."""

    def __init__(self, step: Step, *, fused: bool, generator: torch.Generator | None = None) -> None:
        super().__init__()
        self.weight = nn.Parameter(_initial_weights(step, generator))
        activation = cast("FullConnection", step.layer).activation
        self.normalise = NormalisedActivation(step.shape[0], pool=False, fused=fused, activation=activation)

    def forward(self, maps: Tensor) -> Tensor:
        """Map (pictures, ...) to (pictures, neurons, 1, 1)."""
        sums = F.linear(maps.flatten(1), self.weight.to(maps.dtype))
        return self.normalise(sums[:, :, None, None])


class OutputBlock(nn.Module):
    """The output layer: a full connection with one logit per class, in float32.

    Logits are divided by the square root of the number of inputs, so that one learning rate suits every
    width; the saved weights include this division.
    """

    def __init__(self, step: Step, *, generator: torch.Generator | None = None) -> None:
        super().__init__()
        self.scale = 1 / math.sqrt(step.input_shape[0])
        self.weight = nn.Parameter(torch.randn(step.shape[0], step.input_shape[0], generator=generator))
        self.bias = nn.Parameter(torch.zeros(step.shape[0]))

    def forward(self, maps: Tensor) -> Tensor:
        """Map (pictures, ...) to (pictures, classes)."""
        return F.linear(maps.flatten(1).float(), self.weight) * self.scale + self.bias


class JoiningBlock(nn.Module):
    """Concatenation of the maps of several steps."""

    def forward(self, *maps: Tensor) -> Tensor:
        """Map several (pictures, channels, height, width) to one."""
        return torch.cat(maps, dim=1)


def max_pool(maps: Tensor, windows: Windows) -> Tensor:
    """Replace each window by its largest number."""
    return F.max_pool2d(maps, windows.size, windows.stride, ceil_mode=windows.overhang)


def average_pool(maps: Tensor, windows: Windows) -> Tensor:
    """Replace each window by the mean of its cells inside the map."""
    return F.avg_pool2d(
        maps, windows.size, windows.stride, ceil_mode=windows.overhang, count_include_pad=False
    )


def padded(maps: Tensor, windows: Windows) -> tuple[Tensor, tuple[int, int]]:
    """Return maps, padded if needed, and the padding left to PyTorch, which pads all sides alike."""
    if not windows.overhang:
        return maps, windows.padding
    (above, below), (left, right) = windows.margins(maps.shape[2], maps.shape[3])
    return F.pad(maps, (left, right, above, below)), (0, 0)


def _initial_weights(step: Step, generator: torch.Generator | None) -> Tensor:
    """Draw weights that keep the variance after ReLU (He et al. 2015, https://arxiv.org/abs/1502.01852)."""
    shape = step.parameters[f"{step.name}.weight"]
    return torch.randn(shape, generator=generator) * math.sqrt(2 / math.prod(shape[1:]))


def _initial_filters(step: Step, generator: torch.Generator | None) -> Tensor:
    """Draw filters; the first ones pass their channel on unchanged, so that deep chains start well."""
    weights = _initial_weights(step, generator)
    identities = min(weights.shape[:2])
    with torch.no_grad():
        nn.init.dirac_(weights[:identities])
    return weights
