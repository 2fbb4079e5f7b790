"""AdamW with a learning rate for each layer, smaller for earlier layers.

Source: I. Loshchilov and F. Hutter, "Decoupled weight decay regularization", ICLR 2019,
https://arxiv.org/abs/1711.05101.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch import Tensor

    from convscope.network.folded_network import FoldedNetwork

_RATE, _HEAD_RATE = 1e-4, 1e-4
"""Peak learning rates of the last layer of the backbone, and of the head, which is already fitted."""
_FALL = 0.97
"""Learning rate of a layer, relative to the layer after it."""
_DECAY = 0.01
_BETAS = 0.9, 0.999
_EPSILON = 1e-8


class LayerwiseAdam:
    """Updates the weights of a network that have a gradient.

    Args:
        network: The network.

    Attributes:
        rate: The learning rate of the last layer of the backbone in the last step.
    """

    def __init__(self, network: FoldedNetwork) -> None:
        self._tensors = network.by_name
        layers = [step for step in network.chain if step.parameters]
        depths = range(len(layers) - 2, -2, -1)  # by layer, from the input on; -1 is the head
        self._rates = {
            name: _HEAD_RATE if depth < 0 else _RATE * _FALL**depth
            for step, depth in zip(layers, depths, strict=True)
            for name in step.parameters
        }
        self._first = {name: torch.zeros_like(tensor) for name, tensor in self._tensors.items()}
        self._second = {name: torch.zeros_like(tensor) for name, tensor in self._tensors.items()}
        self._steps = torch.zeros((), dtype=torch.int64)
        self.rate = 0.0

    def step(self, rate_fraction: float) -> None:
        """Update every weight at this share of its peak learning rate; clear the gradients."""
        self._steps += 1
        self.rate = rate_fraction * _RATE
        corrections = [1 - beta ** int(self._steps) for beta in _BETAS]
        with torch.no_grad():
            for name, tensor in self._tensors.items():
                if tensor.grad is None:
                    continue
                rate = rate_fraction * self._rates[name]
                first = self._first[name].lerp_(tensor.grad, 1 - _BETAS[0])
                second = self._second[name].mul_(_BETAS[1])
                second.addcmul_(tensor.grad, tensor.grad, value=1 - _BETAS[1])
                size = (second / corrections[1]).sqrt_().add_(_EPSILON)
                tensor.mul_(1 - rate * _DECAY).addcdiv_(first, size, value=-rate / corrections[0])
        self.zero_grad()

    def zero_grad(self) -> None:
        """Clear the gradients without an update."""
        for tensor in self._tensors.values():
            tensor.grad = None

    def reset(self) -> None:
        """Reset the optimiser state."""
        for tensor in self.state().values():
            tensor.zero_()

    def state(self) -> dict[str, Tensor]:
        """Return the optimiser state, by name."""
        return {
            **{f"first.{name}": tensor for name, tensor in self._first.items()},
            **{f"second.{name}": tensor for name, tensor in self._second.items()},
            "steps": self._steps,
        }
