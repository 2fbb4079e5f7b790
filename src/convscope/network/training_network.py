"""The chain as a trainable PyTorch network.

It differs from the saved network in one way: batch normalisation comes between a convolution (or full
connection) and its activation; `folding.py` folds it into the weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from convscope.network.blocks import (
    AdditionBlock,
    ConvolutionBlock,
    DepthwiseBlock,
    FullConnectionBlock,
    JoiningBlock,
    OutputBlock,
    PoolingBlock,
    WhitenedConvolution,
    average_pool,
    max_pool,
)
from convscope.network.chain import ACTIVATIONS
from convscope.network.fused_convolution import needed_kernels
from convscope.network.notation import Convolution
from convscope.network.variants import HALVING
from convscope.network.whitening import can_be_whitened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from convscope.network.chain import Chain, Step


class TrainingNetwork(nn.Module):
    """The network in training, from prepared pictures to logits: a block for each layer and each addition.

    Args:
        chain: The network.
        whitened: Filters of the first convolution, computed from the pictures; None to learn them.
        fused: Whether to use the fused kernels.
        generator: Random generator for the weights; None: PyTorch's global one, which all threads share.
    """

    def __init__(
        self,
        chain: Chain,
        *,
        whitened: Tensor | None,
        fused: bool,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        self.chain = chain
        self.steps = [step for step in chain if step.kind in BLOCKS]
        plan = Plan(chain, whitened, fused, generator)
        self.blocks = nn.ModuleList([BLOCKS[step.kind](step, plan) for step in self.steps])
        self._inputs = [[self._source(name) for name in step.inputs] for step in self.steps]
        last_readers = {name: step.name for step, names in self._with_inputs() for name in names}
        self._done = [
            [name for name in names if last_readers[name] == step.name] for step, names in self._with_inputs()
        ]

    def forward(self, maps: Tensor) -> Tensor:
        """Map (pictures, channels, height, width), normalised, to (pictures, classes) logits in float32."""
        values = {"image": maps}
        for step, block, names, done in zip(self.steps, self.blocks, self._inputs, self._done, strict=True):
            values[step.name] = block(*[values[name] for name in names])
            for name in done:
                del values[name]
        return values[self.chain.output.name]

    def _with_inputs(self) -> Iterator[tuple[Step, list[str]]]:
        return zip(self.steps, self._inputs, strict=True)

    def _source(self, name: str) -> str:
        """Return the step whose block computes a step; activations and flattening have no own block."""
        step = self.chain[name]
        return name if step.kind == "image" or step.kind in BLOCKS else self._source(step.inputs[0])


@dataclass(frozen=True)
class Plan:
    """How steps share blocks: the block of a convolution includes the 2x2 max pooling after it.

    Attributes:
        chain: The network.
        whitened: Filters of the first convolution; None to learn them.
        fused: Whether to use the fused kernels.
        generator: Random generator for the weights.
    """

    chain: Chain
    whitened: Tensor | None
    fused: bool
    generator: torch.Generator | None

    def is_whitened(self, step: Step) -> bool:
        """Whether the filters of a convolution are computed instead of learned."""
        return self.whitened is not None and step is self.chain.layers[0]

    def takes_pooling_along(self, step: Step) -> bool:
        """Whether the block of a convolution also computes the pooling after it."""
        readers = self.chain.readers(self.chain.activation(step))
        pools_next = len(readers) == 1 and readers[0].layer == HALVING
        return pools_next and (self.fused or not self.is_whitened(step))


def window_kernels_of(
    chain: Chain, pictures: int, precision: torch.dtype
) -> list[tuple[str, tuple[int, ...]]]:
    """Return the functions of `window_kernels` that training calls, with arguments, to compile them early.

    Args:
        chain: The network.
        pictures: Pictures per batch.
        precision: Precision of the maps.
    """
    found, plan = list[tuple[str, tuple[int, ...]]](), Plan(chain, None, fused=True, generator=None)
    for step in chain.layers:
        layer = step.layer
        if not isinstance(layer, Convolution) or layer.activation != "relu" or step.windows.stride != (1, 1):
            continue
        if plan.takes_pooling_along(step):
            maps = torch.empty((pictures, *step.input_shape), dtype=precision, device="meta")
            weight = torch.empty(step.parameters[f"{step.name}.weight"], device="meta")
            learns = not (step is chain.layers[0] and can_be_whitened(step))
            found += needed_kernels(maps, weight, learns=learns)
    return found


def _convolution(step: Step, plan: Plan) -> nn.Module:
    pool = plan.takes_pooling_along(step)
    if plan.whitened is not None and plan.is_whitened(step):
        return WhitenedConvolution(step, plan.whitened, pool=pool)
    return ConvolutionBlock(step, pool=pool, fused=plan.fused, generator=plan.generator)


def _full_connection(step: Step, plan: Plan) -> nn.Module:
    if step is plan.chain.output:
        return OutputBlock(step, generator=plan.generator)
    return FullConnectionBlock(step, fused=plan.fused, generator=plan.generator)


def _max_pooling(step: Step, plan: Plan) -> nn.Module:
    before = plan.chain[step.inputs[0]]
    convolution = plan.chain[before.inputs[0]] if before.kind in ACTIVATIONS else before
    is_done = (
        step.layer == HALVING and convolution.kind == "convolution" and plan.takes_pooling_along(convolution)
    )
    return nn.Identity() if is_done else PoolingBlock(step, max_pool)


BLOCKS: dict[str, Callable[[Step, Plan], nn.Module]] = {
    "convolution": _convolution,
    "depthwise_convolution": lambda step, plan: DepthwiseBlock(
        step, fused=plan.fused, generator=plan.generator
    ),
    "addition": lambda _step, _plan: AdditionBlock(),
    "joining": lambda _step, _plan: JoiningBlock(),
    "max_pooling": _max_pooling,
    "average_pooling": lambda step, _plan: PoolingBlock(step, average_pool),
    "full_connection": _full_connection,
}
"""How PyTorch trains each kind of step; activations and flattening are parts of other blocks."""
