"""The plain chain as a trainable PyTorch network, without batch normalisation.

It computes what the saved network computes. It is used for fine-tuning, with the running statistics folded
into the weights: updating them from small batches would destroy pretrained features
(https://keras.io/guides/transfer_learning). All other training uses `training_network.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F  # noqa: N812  # PyTorch's own idiom
from torch import Tensor, nn

from convscope.network.blocks import average_pool, max_pool, padded

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    import numpy as np
    from numpy.typing import NDArray

    from convscope.network.chain import Chain, Step

    Weights = Mapping[str, Tensor]


class FoldedNetwork(nn.Module):
    """A plain chain with trainable weights and biases.

    Args:
        chain: The network.
        weights: Initial weights by name, as `Chain.parameters` lists them; copied.

    Example:
        >>> import numpy as np
        >>> from convscope.network.chain_builder import parse_chain
        >>> chain = parse_chain("1C1", (1, 1, 2), 2)
        >>> network = FoldedNetwork(chain, {name: np.ones(shape, np.float32)
        ...                                 for name, shape in chain.parameters.items()})
        >>> network({"image": torch.tensor([[[[1.0, 2.0]]]])}).tolist()
        [[6.0, 6.0]]
        >>> network({"convolution_1.relu": torch.tensor([[[[2.0, 3.0]]]])}).tolist()
        [[6.0, 6.0]]
    """

    def __init__(self, chain: Chain, weights: Mapping[str, NDArray[np.float32]]) -> None:
        super().__init__()
        self.chain = chain
        self.by_name = {name: nn.Parameter(torch.tensor(weights[name])) for name in chain.parameters}
        for name, parameter in self.by_name.items():
            self.register_parameter(name.replace(".", "_"), parameter)  # PyTorch allows no dot in names

    def forward(self, given: Mapping[str, Tensor]) -> Tensor:
        """Map the outputs of some steps, (pictures, ...) each, to logits (pictures, classes)."""
        values = dict(given)
        for step in needed_steps(self.chain, given.keys()):
            inputs = [values[name] for name in step.inputs]
            values[step.name] = _COMPUTE[step.kind](step, inputs, self.by_name)
        return values[self.chain.output.name]


def needed_steps(chain: Chain, given: Collection[str]) -> list[Step]:
    """Return the steps needed to compute the logits if the outputs of some steps are known.

    Example:
        >>> from convscope.network.chain_builder import parse_chain
        >>> chain = parse_chain("1C1", (1, 1, 2), 2)
        >>> [step.name for step in needed_steps(chain, ["convolution_1.relu"])]
        ['flattening', 'full_connection_1']
    """
    needed: set[str] = set()
    wanted = [chain.output.name]
    while wanted:
        name = wanted.pop()
        if name not in needed and name not in given:
            needed.add(name)
            wanted += chain[name].inputs
    return [step for step in chain if step.name in needed]


def frontier(chain: Chain, trained: Collection[str]) -> list[str]:
    """Return the frozen steps that the trained part reads: their outputs can be computed once.

    These are steps before all trained ones whose output is the input of a step that is not.

    Example:
        >>> from convscope.network.chain_builder import parse_chain
        >>> frontier(parse_chain("1C1-1C1", (1, 1, 2), 2), ["convolution_2", "full_connection_1"])
        ['convolution_1.relu']
    """
    changing: set[str] = set()
    for step in chain:
        if step.name in trained or changing.intersection(step.inputs):
            changing.add(step.name)
    read = {name for step in chain if step.name in changing for name in step.inputs}
    return [step.name for step in chain if step.name in read - changing]


def _convolution(step: Step, inputs: list[Tensor], weights: Weights) -> Tensor:
    weight, bias = (weights[name] for name in step.parameters)
    maps, padding = padded(inputs[0], step.windows)
    groups = len(weight) if step.kind == "depthwise_convolution" else 1
    return F.conv2d(maps, weight, bias, step.windows.stride, padding, groups=groups)


def _full_connection(step: Step, inputs: list[Tensor], weights: Weights) -> Tensor:
    weight, bias = (weights[name] for name in step.parameters)
    return F.linear(inputs[0].flatten(1), weight, bias)


_COMPUTE: dict[str, Callable[[Step, list[Tensor], Weights], Tensor]] = {
    "convolution": _convolution,
    "depthwise_convolution": _convolution,
    "full_connection": _full_connection,
    "relu": lambda _step, inputs, _weights: F.relu(inputs[0]),
    "relu6": lambda _step, inputs, _weights: F.relu6(inputs[0]),
    "addition": lambda _step, inputs, _weights: inputs[0] + inputs[1],
    "joining": lambda _step, inputs, _weights: torch.cat(inputs, dim=1),
    "flattening": lambda _step, inputs, _weights: inputs[0].flatten(1),
    "max_pooling": lambda step, inputs, _weights: max_pool(inputs[0], step.windows),
    "average_pooling": lambda step, inputs, _weights: average_pool(inputs[0], step.windows),
}
