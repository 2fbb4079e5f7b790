"""A convolution, 2x2 max pooling, batch normalisation and ReLU as one differentiable step.

Fusion saves work that separate steps cannot. Only the winner of the four cells of a pooling window has a
gradient, so the gradient at the weights takes a quarter of the multiplications. And with the few channels of
a picture, windows are pooled while their sums are still in registers: the large map, several times the size
of all others, is never written to memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812  # PyTorch's own idiom
from torch import Tensor

from convscope.common.processors import processor_count
from convscope.network import kernels
from convscope.network.fused import Normalisation, cells, pool_and_sum
from convscope.network.threads import run
from convscope.network.vector_code import lanes_for, most_lanes, multiplies_pairs
from convscope.network.window_kernels import convolve_pool_and_sum, sum_winners_products

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from convscope.network.fused import AddUp

_FEW_CHANNELS = 4
"""Up to this many, pooling in registers is faster, and float32 for the gradient of bfloat16 maps, too."""
_PAIRED_LANES = 16
"""Number of lanes of the vectors that multiply pairs of bfloat16."""
_MIN_PRODUCTS = 30_000_000
"""With many channels and fewer products, the gain is not worth compiling another kernel."""
_LARGEST_SUMS = 80_000
"""Number of sums that fit into a processor's cache. If there are more, filters are divided into groups."""


class ConvolutionPoolNormReLU(torch.autograd.Function):
    """A convolution with stride 1, 2x2 max pooling, batch normalisation and ReLU.

    `apply(maps, weight, shift, margins, add_up)` takes maps (pictures, channels, height, width), float32 or
    bfloat16; weight (filters, channels, rows, columns) float32; the zeros around a picture, vertically and
    horizontally; otherwise it is like `fused.PoolNormReLU`. Only use it if `computes` returns true.
    """

    @staticmethod
    def forward(  # autograd's own signature
        ctx: Any,  # noqa: ANN401
        maps: Tensor,
        weight: Tensor,
        shift: Tensor,
        margins: tuple[int, int],
        add_up: AddUp,
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Compute the output and save what the backward pass needs."""
        maps = maps.contiguous(memory_format=torch.channels_last)
        pooled, winners, sums = convolve_and_pool(maps, weight, margins)
        normalisation = Normalisation.of(pooled, sums, shift, add_up)
        ctx.save_for_backward(maps, weight)
        ctx.saved = margins, normalisation, winners
        return normalisation.output(ctx)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor, Tensor, None, None]:  # noqa: ANN401  # autograd's own signature
        """Compute the gradients at the maps, the weight and the shift."""
        maps, weight = ctx.saved_tensors
        margins, normalisation, winners = ctx.saved
        gradient = gradients[0].contiguous(memory_format=torch.channels_last)
        slopes, at_shift = normalisation.slopes(gradient)
        passed = normalisation.spread(gradient, slopes)
        at_weight = _at_weight(maps, weight, margins, passed, winners)
        at_maps = _at_maps(maps, weight, margins, passed, winners) if ctx.needs_input_grad[0] else None
        return at_maps, at_weight, at_shift, None, None


def computes(maps: Tensor, weight: Tensor) -> bool:
    """Whether the fused step is faster for a convolution with stride 1 and 2x2 max pooling.

    Args:
        maps: (pictures, channels, height, width).
        weight: (filters, channels, rows, columns).
    """
    filters, channels = weight.shape[:2]
    products = len(maps) * maps.shape[2] * maps.shape[3] // 4 * weight.numel()
    is_fast = maps.dtype == torch.float32 or _multiplies_pairs(maps, weight)
    is_faster = channels <= _FEW_CHANNELS or (is_fast and products >= _MIN_PRODUCTS)
    return is_faster and lanes_for(filters) > 0 and _tile(weight) is not None


def needed_kernels(maps: Tensor, weight: Tensor, *, learns: bool) -> list[tuple[str, tuple[int, ...]]]:
    """Return the functions of `window_kernels` that a layer calls, with arguments, to compile them early.

    Args:
        maps: (pictures, channels, height, width); only shape and type matter.
        weight: (filters, channels, rows, columns); only the shape matters.
        learns: Whether the filters are trained.
    """
    if not computes(maps, weight):
        return []
    tile = _tile(weight)
    assert tile is not None  # noqa: S101  # `computes` asked
    lanes, needed = lanes_for(len(weight)), list[tuple[str, tuple[int, ...]]]()
    if weight.shape[1] <= _FEW_CHANNELS:
        together = _vectors_together(len(weight))
        needed.append((convolve_pool_and_sum.__name__, (lanes, together, _multiplies_pairs(maps, weight))))
    if learns:
        needed.append((sum_winners_products.__name__, (lanes, *tile, _multiplies_pairs(maps, weight))))
    return needed


def convolve_and_pool(
    maps: Tensor, weight: Tensor, margins: tuple[int, int]
) -> tuple[Tensor, Tensor, NDArray[np.float32]]:
    """Convolve with stride 1 and max pool 2x2 windows, without gradient.

    Args:
        maps: (pictures, channels, height, width), channels-last.
        weight: (filters, channels, rows, columns) float32.
        margins: Zeros around a picture, vertically and horizontally.

    Returns:
        Maxima, winners and sums, as `kernels.pool_and_sum` does.
    """
    filters, channels = weight.shape[:2]
    if channels > _FEW_CHANNELS:
        own = weight.detach().to(maps.dtype, memory_format=torch.channels_last)
        return pool_and_sum(F.conv2d(maps, own, None, 1, margins))
    sides = _sides(maps, weight, margins)
    halved = (len(maps), filters, sides[0] // 2, sides[1] // 2)
    pooled = torch.empty(halved, dtype=maps.dtype, memory_format=torch.channels_last)
    winners = torch.empty_like(pooled, dtype=torch.uint8)
    sums = np.empty((kernels.CHUNKS, 2, filters), np.float32)
    pairs = _multiplies_pairs(maps, weight)
    kernel = convolve_pool_and_sum(lanes_for(filters), _vectors_together(filters), pairs)
    rows_of_patch = weight.detach().permute(2, 3, 1, 0).flatten(1, 2)
    weights = _paired(rows_of_patch) if pairs else rows_of_patch.contiguous()
    arrays = cells(maps), weights.numpy(), margins, cells(pooled), cells(winners), sums
    run(kernel, *arrays, threads=processor_count())
    return pooled, winners, sums


def _at_weight(
    maps: Tensor, weight: Tensor, margins: tuple[int, int], passed: Tensor, winners: Tensor
) -> Tensor:
    filters, channels, height, width = weight.shape
    lanes, tile = lanes_for(filters), _tile(weight)
    assert tile is not None  # noqa: S101  # `computes` asked
    groups = _groups(weight)
    sums = np.empty((kernels.CHUNKS // groups, filters // lanes, height, width * channels, lanes), np.float32)
    arrays = cells(maps), margins, cells(passed), cells(winners), groups, sums
    kernel = sum_winners_products(lanes, *tile, _multiplies_pairs(maps, weight))
    run(kernel, *arrays, threads=processor_count())
    whole = sums.sum(axis=0).transpose(0, 3, 1, 2).reshape(filters, height, width, channels)
    return torch.from_numpy(np.ascontiguousarray(whole.transpose(0, 3, 1, 2)))


def _multiplies_pairs(maps: Tensor, weight: Tensor) -> bool:
    """Whether the gradient at the weights is computed from pairs of bfloat16."""
    has_vectors = lanes_for(len(weight)) == _PAIRED_LANES and multiplies_pairs()
    return maps.dtype == torch.bfloat16 and has_vectors


def _paired(weights: Tensor) -> Tensor:
    """Round weights (rows, numbers, filters) to pairs of bfloat16, (rows, pairs, filters) int32."""
    even = F.pad(weights.bfloat16(), (0, 0, 0, weights.shape[1] % 2))
    return even.unflatten(1, (-1, 2)).movedim(2, 3).contiguous().view(torch.int32).squeeze(3)


def _vectors_together(filters: int) -> int:
    """Return the number of vectors of filters that are computed together."""
    return next(count for count in (3, 2, 1) if filters // lanes_for(filters) % count == 0)


def _groups(weight: Tensor) -> int:
    """Return the number of groups of whole vectors that filters are divided into; each has few sums."""
    groups, lanes = 1, lanes_for(len(weight))
    while (
        weight.numel() // groups > _LARGEST_SUMS
        and groups < kernels.CHUNKS
        and len(weight) % (2 * groups * lanes) == 0
    ):
        groups *= 2
    return groups


def _sides(maps: Tensor, weight: Tensor, margins: tuple[int, int]) -> tuple[int, int]:
    """Return height and width of the maps before pooling."""
    height, width = maps.shape[2:]
    return height + 2 * margins[0] - weight.shape[2] + 1, width + 2 * margins[1] - weight.shape[3] + 1


def _tile(weight: Tensor) -> tuple[int, int] | None:
    """Return the rows of a patch, and numbers per row, whose sums are kept in registers, if any."""
    filters, channels, height, width = weight.shape
    length, lanes = width * channels, lanes_for(filters)
    room = 27 if most_lanes() == 16 else 12
    if height * length <= room:
        return height, length
    if length <= room:
        return 1, length
    held = lanes // 4
    return next(((1, run) for run in range(room // held * held, 0, -held) if length % run == 0), None)


def _at_maps(
    maps: Tensor, weight: Tensor, margins: tuple[int, int], passed: Tensor, winners: Tensor
) -> Tensor:
    """Compute the gradient at the maps, with PyTorch's convolution on the whole map, which is fastest."""
    shape = len(maps), len(weight), *_sides(maps, weight, margins)
    whole = torch.empty(shape, dtype=passed.dtype, memory_format=torch.channels_last)
    run(kernels.unpool, cells(passed), cells(winners), cells(whole))
    own = weight.to(maps.dtype, memory_format=torch.channels_last)
    only_maps, transposed = (True, False, False), False
    return torch.ops.aten.convolution_backward(
        whole, maps, own, None, (1, 1), margins, (1, 1), transposed, (0, 0), 1, only_maps
    )[0]
