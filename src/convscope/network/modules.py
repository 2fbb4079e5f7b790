"""The chain as PyTorch modules that learn.

What is trained differs from what is saved in one way: between a convolution (or full connection) and its ReLU
stands normalisation. `folding.py` folds it away. Weights are kept in float32 and cast to the precision of the
maps as they are used; maps are channels-last.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import torch
import torch.nn.functional as F  # noqa: N812  # PyTorch's own idiom
from torch import Tensor, nn

from convscope.network.chain import HALVING
from convscope.network.fused import EPSILON, PoolNormReLU, normalise_maps, one_process, pool_maps
from convscope.network.sync_batch_norm import sync_batch_norm

if TYPE_CHECKING:
    from convscope.network.chain import Chain, Step
    from convscope.network.fused import AddUp
    from convscope.network.sync_batch_norm import AddUpTensors

STATISTICS_MOMENTUM = 0.1
"""How far the running statistics move towards those of each new batch."""


class NormalisedReLU(nn.Module):
    """Normalisation over the batch, then ReLU, with 2x2 max pooling before both if `pool`.

    Where a batch is spread over processes, `add_up` adds their sums for the fused kernels, and
    `add_up_tensors` for PyTorch's own ops (None: there is one process).

    Args:
        channels: How many channels the maps have.
        pool: Whether the maximum of 2x2 windows is taken first.
        fused: Whether to use the fused kernels; otherwise PyTorch's own ops do the same.
    """

    mean: Tensor
    variance: Tensor

    def __init__(self, channels: int, *, pool: bool, fused: bool) -> None:
        super().__init__()
        self.pool = pool
        self.fused = fused
        self.momentum = STATISTICS_MOMENTUM
        self.add_up: AddUp = one_process
        self.add_up_tensors: AddUpTensors | None = None
        self.shift = nn.Parameter(torch.zeros(channels))
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("variance", torch.ones(channels))

    def forward(self, maps: Tensor) -> Tensor:
        """Map (pictures, channels, height, width) to the same, or to half the height and width."""
        if self.fused:
            return self._forward_fused(maps)
        pooled = F.max_pool2d(maps, 2) if self.pool else maps
        return F.relu(self._normalise(pooled) if self.training else self._normalise_as_measured(pooled))

    def _normalise(self, maps: Tensor) -> Tensor:
        if self.add_up_tensors:
            normal, mean, variance = sync_batch_norm(maps, self.shift, self.add_up_tensors)
            self._remember(mean, variance)
            return normal
        mean, variance = torch.zeros_like(self.mean), torch.zeros_like(self.variance)
        unit = torch.ones_like(self.shift)
        normal = F.batch_norm(maps, mean, variance, unit, self.shift, training=True, momentum=1, eps=EPSILON)
        count = maps.numel() // len(unit)
        self._remember(mean, variance * ((count - 1) / count))  # PyTorch hands out variance by count - 1
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


Pool = Callable[[Tensor, "tuple[int, int]", "tuple[int, int]", bool], Tensor]


class ConvolutionBlock(nn.Module):
    """A convolution, then normalisation and ReLU."""

    def __init__(self, step: Step, *, pool: bool, fused: bool) -> None:
        super().__init__()
        self.stride, self.padding = step.windows.stride, step.windows.padding
        self.weight = nn.Parameter(_initial_filters(step))
        self.normalise = NormalisedReLU(step.shape[0], pool=pool, fused=fused)

    def forward(self, maps: Tensor) -> Tensor:
        """Map (pictures, channels, height, width) to the maps after ReLU."""
        weight = self.weight.to(maps.dtype, memory_format=torch.channels_last)
        return self.normalise(F.conv2d(maps, weight, None, self.stride, self.padding))


class WhitenedConvolution(nn.Module):
    """A first convolution that is computed from the pictures, not learned (see `whitening.py`), then ReLU.

    Max pooling 2x2 that follows is taken along if `pool`.
    """

    weight: Tensor

    def __init__(self, step: Step, filters: Tensor, *, pool: bool) -> None:
        super().__init__()
        self.stride, self.padding = step.windows.stride, step.windows.padding
        self.pool = pool
        self.register_buffer("weight", filters)

    def forward(self, maps: Tensor) -> Tensor:
        """Map (pictures, channels, height, width) to the maps after ReLU."""
        weight = self.weight.to(maps.dtype, memory_format=torch.channels_last)
        sums = F.conv2d(maps, weight, None, self.stride, self.padding)
        return F.relu_(pool_maps(sums) if self.pool else sums)  # in this order, as it gives the same for less


class PoolingBlock(nn.Module):
    """Pooling that is not fused with the convolution before it.

    A window that covers the whole map also covers smaller maps, those of smaller pictures.

    Args:
        step: A pooling.
        pool: Pools maps with a window and a stride; the last windows may overhang.
    """

    def __init__(self, step: Step, pool: Pool) -> None:
        super().__init__()
        self.windows = step.windows
        self.pools_whole_maps = step.pools_whole_maps
        self.pool = pool

    def forward(self, maps: Tensor) -> Tensor:
        """Map (pictures, channels, height, width) to smaller maps."""
        size = (maps.shape[2], maps.shape[3]) if self.pools_whole_maps else self.windows.size
        return self.pool(maps, size, self.windows.stride, self.windows.overhang)


class FullConnectionBlock(nn.Module):
    """A hidden full connection, then normalisation and ReLU."""

    def __init__(self, step: Step, *, fused: bool) -> None:
        super().__init__()
        self.weight = nn.Parameter(_initial_weights(step))
        self.normalise = NormalisedReLU(step.shape[0], pool=False, fused=fused)

    def forward(self, maps: Tensor) -> Tensor:
        """Map (pictures, ...) to (pictures, neurons, 1, 1)."""
        sums = F.linear(maps.flatten(1), self.weight.to(maps.dtype))
        return self.normalise(sums[:, :, None, None])


class OutputBlock(nn.Module):
    """The last full connection: a logit a class, in float32.

    Logits are divided by the square root of the number of inputs, so that one learning rate serves every
    width; the saved weights hold the division.
    """

    def __init__(self, step: Step) -> None:
        super().__init__()
        self.scale = 1 / math.sqrt(step.input_shape[0])
        self.weight = nn.Parameter(torch.randn(step.shape[0], step.input_shape[0]))
        self.bias = nn.Parameter(torch.zeros(step.shape[0]))

    def forward(self, maps: Tensor) -> Tensor:
        """Map (pictures, ...) to (pictures, classes)."""
        return F.linear(maps.flatten(1).float(), self.weight) * self.scale + self.bias


class TrainingNetwork(nn.Module):
    """The network in training, from prepared pictures to logits: a block for each layer of the chain.

    Args:
        chain: The network.
        whitened: Filters of the first convolution computed from the pictures, or None to learn them.
        fused: Whether to use the fused kernels.
    """

    def __init__(self, chain: Chain, *, whitened: Tensor | None, fused: bool) -> None:
        super().__init__()
        self.chain = chain
        plan = Plan(chain, whitened, fused)
        self.blocks = nn.ModuleList([BLOCKS[step.kind](step, plan) for step in chain.layers])

    def forward(self, maps: Tensor) -> Tensor:
        """Map (pictures, channels, height, width), normalised, to (pictures, classes) logits in float32."""
        for block in self.blocks:
            maps = block(maps)
        return maps


@dataclass(frozen=True)
class Plan:
    """How the steps of a chain share blocks: a convolution takes along the 2x2 max pooling that follows it.

    Attributes:
        chain: The network.
        whitened: Filters of the first convolution, or None to learn them.
        fused: Whether to use the fused kernels.
    """

    chain: Chain
    whitened: Tensor | None
    fused: bool

    def is_whitened(self, step: Step) -> bool:
        """Whether a convolution has filters that are computed, not learned."""
        return self.whitened is not None and step is self.chain.layers[0]

    def takes_pooling_along(self, step: Step) -> bool:
        """Whether the block of a convolution also computes the pooling after it."""
        pools_next = any(
            reader.layer == HALVING for reader in self.chain.readers(self.chain.activation(step))
        )
        return pools_next and (self.fused or not self.is_whitened(step))


def _convolution(step: Step, plan: Plan) -> nn.Module:
    pool = plan.takes_pooling_along(step)
    if plan.whitened is not None and plan.is_whitened(step):
        return WhitenedConvolution(step, plan.whitened, pool=pool)
    return ConvolutionBlock(step, pool=pool, fused=plan.fused)


def _full_connection(step: Step, plan: Plan) -> nn.Module:
    return OutputBlock(step) if step is plan.chain.output else FullConnectionBlock(step, fused=plan.fused)


def _max_pooling(step: Step, plan: Plan) -> nn.Module:
    before = plan.chain[step.inputs[0]]
    convolution = plan.chain[before.inputs[0]] if before.kind == "relu" else before
    is_done = (
        step.layer == HALVING and convolution.kind == "convolution" and plan.takes_pooling_along(convolution)
    )
    return nn.Identity() if is_done else PoolingBlock(step, _max_pool)


def _average_pooling(step: Step, _plan: Plan) -> nn.Module:
    return PoolingBlock(step, _average_pool)


BLOCKS: dict[str, Callable[[Step, Plan], nn.Module]] = {
    "convolution": _convolution,
    "max_pooling": _max_pooling,
    "average_pooling": _average_pooling,
    "full_connection": _full_connection,
}
"""How PyTorch trains each kind of step that stands for a layer."""


def _max_pool(maps: Tensor, size: tuple[int, int], stride: tuple[int, int], overhang: bool) -> Tensor:  # noqa: FBT001
    return F.max_pool2d(maps, size, stride, ceil_mode=overhang)


def _average_pool(maps: Tensor, size: tuple[int, int], stride: tuple[int, int], overhang: bool) -> Tensor:  # noqa: FBT001
    return F.avg_pool2d(maps, size, stride, ceil_mode=overhang, count_include_pad=False)


def _initial_weights(step: Step) -> Tensor:
    """Draw weights that keep the variance through ReLU (He et al. 2015, https://arxiv.org/abs/1502.01852)."""
    shape = step.parameters[f"{step.name}.weight"]
    return torch.randn(shape) * math.sqrt(2 / math.prod(shape[1:]))


def _initial_filters(step: Step) -> Tensor:
    """Draw filters of which the first pass their channel on unchanged, so that deep chains start well."""
    weights = _initial_weights(step)
    identities = min(weights.shape[:2])
    with torch.no_grad():
        nn.init.dirac_(weights[:identities])
    return weights
