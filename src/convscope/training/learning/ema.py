"""The exponential moving average of the weights (EMA), which is more accurate than the last weights.

    average <- decay * average + (1 - decay) * weights        after every step

Source: Polyak and Juditsky 1992; for deep networks Izmailov et al. 2018, https://arxiv.org/abs/1803.05407.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

_WINDOW_FRACTION = 0.03
"""The average covers about this share of all steps."""


class WeightAverage:
    """The moving average of a network's weights.

    Args:
        network: The network.
    """

    def __init__(self, network: nn.Module) -> None:
        self._network = network
        self.weights = {name: tensor.detach().clone() for name, tensor in network.named_parameters()}

    def update(self, total_steps: Tensor) -> None:
        """Move the average towards the current weights, in a run of this many steps ()."""
        share = (_WINDOW_FRACTION * total_steps).clamp_min(1).reciprocal()
        with torch.no_grad():
            for name, tensor in self._network.named_parameters():
                self.weights[name].lerp_(tensor, share)

    def copy_to_network(self) -> None:
        """Copy the average into the network."""
        with torch.no_grad():
            for name, tensor in self._network.named_parameters():
                tensor.copy_(self.weights[name])
