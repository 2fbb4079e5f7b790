"""The mean of the latest weights, which errs less than the last ones.

    average <- decay * average + (1 - decay) * weights        after every step

Source: Polyak and Juditsky 1992; for deep networks Izmailov et al. 2018, https://arxiv.org/abs/1803.05407.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

_WINDOW_FRACTION = 0.03
"""The average reaches back over about this share of all steps."""


class WeightAverage:
    """Follows the weights of a network.

    Args:
        network: Whose weights to follow.
    """

    def __init__(self, network: nn.Module) -> None:
        self._network = network
        self.weights = {name: tensor.detach().clone() for name, tensor in network.named_parameters()}

    def follow(self, steps: Tensor) -> None:
        """Move towards the weights as they are now, in a run of so many steps ()."""
        share = (_WINDOW_FRACTION * steps).clamp_min(1).reciprocal()
        with torch.no_grad():
            for name, tensor in self._network.named_parameters():
                self.weights[name].lerp_(tensor, share)

    def load_state(self, weights: dict[str, Tensor]) -> None:
        """Go on from kept weights."""
        for name, tensor in self.weights.items():
            tensor.copy_(weights[name])

    def give(self) -> None:
        """Put the average in the place of the network's weights."""
        with torch.no_grad():
            for name, tensor in self._network.named_parameters():
                tensor.copy_(self.weights[name])
