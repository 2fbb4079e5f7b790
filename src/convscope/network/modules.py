"""The chain as PyTorch modules that learn.

What is trained differs from what is saved in one way: between a convolution (or full connection) and its ReLU
stands normalisation. `folding.py` folds it away. Weights are kept in float32 and cast to the precision of the
maps as they are used; maps are channels-last.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, cast

import torch
import torch.nn.functional as F  # noqa: N812  # PyTorch's own idiom
from torch import Tensor, nn

from convscope.network.fused import EPSILON, PoolNormaliseCut, alone, normalise_maps, pool_maps
from convscope.network.notation import Convolution, FullConnection, Pooling
from convscope.network.shapes import HALVING, covers_all
from convscope.network.shared_batch import normalise_share

if TYPE_CHECKING:
    from collections.abc import Sequence

    from convscope.network.fused import AddUp
    from convscope.network.shapes import Stage
    from convscope.network.shared_batch import AddUpTensors

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
        self.add_up: AddUp = alone
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
            normal, mean, variance = normalise_share(maps, self.shift, self.add_up_tensors)
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
            PoolNormaliseCut.apply(maps, self.shift, self.pool, self.add_up),
        )
        self._remember(mean, variance)
        return out

    def _remember(self, mean: Tensor, variance: Tensor) -> None:
        with torch.no_grad():
            self.mean.lerp_(mean, self.momentum)
            self.variance.lerp_(variance, self.momentum)


class ConvolutionBlock(nn.Module):
    """A convolution, then normalisation and ReLU."""

    def __init__(self, stage: Stage, *, pool: bool, fused: bool) -> None:
        super().__init__()
        layer = cast("Convolution", stage.layer)
        self.stride, self.padding = layer.stride, layer.padding
        self.weight = nn.Parameter(_initial_filters(stage))
        self.normalise = NormalisedReLU(layer.filters, pool=pool, fused=fused)

    def forward(self, maps: Tensor) -> Tensor:
        """Map (pictures, channels, height, width) to the maps after ReLU."""
        weight = self.weight.to(maps.dtype, memory_format=torch.channels_last)
        return self.normalise(F.conv2d(maps, weight, None, self.stride, self.padding))


class WhitenedConvolution(nn.Module):
    """A first convolution that is computed from the pictures, not learned (see `whitening.py`), then ReLU.

    Max pooling 2x2 that follows is taken along if `pool`.
    """

    weight: Tensor

    def __init__(self, stage: Stage, filters: Tensor, *, pool: bool) -> None:
        super().__init__()
        layer = cast("Convolution", stage.layer)
        self.stride, self.padding = layer.stride, layer.padding
        self.pool = pool
        self.register_buffer("weight", filters)

    def forward(self, maps: Tensor) -> Tensor:
        """Map (pictures, channels, height, width) to the maps after ReLU."""
        weight = self.weight.to(maps.dtype, memory_format=torch.channels_last)
        sums = F.conv2d(maps, weight, None, self.stride, self.padding)
        return F.relu_(pool_maps(sums) if self.pool else sums)  # in this order, as it gives the same for less


class PoolingBlock(nn.Module):
    """Max or average pooling that is not fused with what stands before it.

    A window that covers the whole map covers smaller maps, too: those of pictures that are shown smaller.
    """

    def __init__(self, stage: Stage) -> None:
        super().__init__()
        self.layer = cast("Pooling", stage.layer)
        self.covers_all = covers_all(stage)

    def forward(self, maps: Tensor) -> Tensor:
        """Map (pictures, channels, height, width) to smaller maps."""
        layer = self.layer
        window = maps.shape[2:] if self.covers_all else layer.window
        if layer.kind == "max":
            return F.max_pool2d(maps, window, layer.stride, ceil_mode=layer.overhang)
        return F.avg_pool2d(maps, window, layer.stride, ceil_mode=layer.overhang, count_include_pad=False)


class FullConnectionBlock(nn.Module):
    """A hidden full connection, then normalisation and ReLU."""

    def __init__(self, stage: Stage, *, fused: bool) -> None:
        super().__init__()
        self.weight = nn.Parameter(_initial_weights(stage))
        self.normalise = NormalisedReLU(stage.output_shape[0], pool=False, fused=fused)

    def forward(self, maps: Tensor) -> Tensor:
        """Map (pictures, ...) to (pictures, neurons, 1, 1)."""
        sums = F.linear(maps.flatten(1), self.weight.to(maps.dtype))
        return self.normalise(sums[:, :, None, None])


class OutputBlock(nn.Module):
    """The last full connection: a logit a class, in float32.

    Logits are divided by the square root of the number of inputs, so that one learning rate serves every
    width; the saved weights hold the division.
    """

    def __init__(self, stage: Stage) -> None:
        super().__init__()
        self.scale = 1 / math.sqrt(stage.input_shape[0])
        self.weight = nn.Parameter(torch.randn(stage.output_shape[0], stage.input_shape[0]))
        self.bias = nn.Parameter(torch.zeros(stage.output_shape[0]))

    def forward(self, maps: Tensor) -> Tensor:
        """Map (pictures, ...) to (pictures, classes)."""
        return F.linear(maps.flatten(1).float(), self.weight) * self.scale + self.bias


class TrainingNetwork(nn.Module):
    """The whole chain, from prepared pictures to logits.

    Args:
        chain: What `shapes.stages` returns.
        whitened: Filters of the first convolution computed from the pictures, or None to learn them.
        fused: Whether to use the fused kernels.
    """

    def __init__(self, chain: Sequence[Stage], *, whitened: Tensor | None, fused: bool) -> None:
        super().__init__()
        self.chain = tuple(chain)
        blocks: list[nn.Module] = []
        for place, stage in enumerate(chain):
            match stage.layer:
                case Convolution() if place == 0 and whitened is not None:
                    pool = fused and _pools_next(chain, place)
                    blocks.append(WhitenedConvolution(stage, whitened, pool=pool))
                case Convolution():
                    blocks.append(ConvolutionBlock(stage, pool=_pools_next(chain, place), fused=fused))
                case Pooling() if blocks and _pools(blocks[-1]):
                    blocks.append(nn.Identity())  # the convolution before it pools already
                case Pooling():
                    blocks.append(PoolingBlock(stage))
                case FullConnection() if stage is chain[-1]:
                    blocks.append(OutputBlock(stage))
                case FullConnection():
                    blocks.append(FullConnectionBlock(stage, fused=fused))
        self.blocks = nn.ModuleList(blocks)

    def forward(self, maps: Tensor) -> Tensor:
        """Map (pictures, channels, height, width), normalised, to (pictures, classes) logits in float32."""
        for block in self.blocks:
            maps = block(maps)
        return maps


def _pools(block: nn.Module) -> bool:
    match block:
        case ConvolutionBlock():
            return block.normalise.pool
        case WhitenedConvolution():
            return block.pool
        case _:
            return False


def _pools_next(chain: Sequence[Stage], place: int) -> bool:
    """Whether the next stage is the pooling that the fused step knows."""
    return chain[place + 1].layer == HALVING


def _initial_weights(stage: Stage) -> Tensor:
    """Draw weights that keep the variance through ReLU (He et al. 2015, https://arxiv.org/abs/1502.01852)."""
    shape = stage.weight_shapes[f"{stage.name}.weight"]
    return torch.randn(shape) * math.sqrt(2 / math.prod(shape[1:]))


def _initial_filters(stage: Stage) -> Tensor:
    """Let the first filters pass their channel on unchanged: deep chains start with the picture in sight."""
    weights = _initial_weights(stage)
    passed = min(weights.shape[:2])
    with torch.no_grad():
        nn.init.dirac_(weights[:passed])
    return weights
