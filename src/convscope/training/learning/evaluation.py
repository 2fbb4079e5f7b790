"""Evaluation of the network during training, on stored pictures."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

import torch

from convscope.network.blocks import STATISTICS_MOMENTUM, NormalisedActivation
from convscope.pictures import batches
from convscope.training.learning.objective import objective_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from convscope.network.training_network import TrainingNetwork
    from convscope.training.data.batcher import Batcher
    from convscope.training.data.training_data import TrainingData
    from convscope.training.group import Group

_MOST_PICTURES, _MOST_VALUES = 500, 2**23
"""Values of the largest step in a batch: up to 32 MiB in float32."""


class Evaluator:
    """Runs a network on the pictures in a store.

    Args:
        network: The network.
        data: The pictures.
        batcher: Makes batches of them.
        device: Where the network is.
        group: The processes that share the work.
    """

    def __init__(
        self,
        network: TrainingNetwork,
        data: TrainingData,
        batcher: Batcher,
        device: torch.device,
        group: Group,
    ) -> None:
        self._network = network
        self._data, self._batcher = data, batcher
        self._device, self._group = device, group
        largest = max(math.prod(step.shape) for step in network.chain)
        self._batch_size = min(_MOST_PICTURES, max(1, _MOST_VALUES // largest))
        self._objective = objective_of(data.target, None)

    def predict(self, indices: NDArray[np.int64], *, flip: bool = False) -> Tensor:
        """Return logits (n, classes), without augmentation, optionally with all pictures flipped."""
        self._network.eval()
        drawn = batches.unchanged(indices, mirror=flip)
        own = self._group.share(slice(0, len(indices)))
        logits = torch.zeros(len(indices), len(self._data.classes))
        with torch.inference_mode():
            for first in range(own.start, own.stop, self._batch_size):
                positions = slice(first, min(first + self._batch_size, own.stop))
                logits[positions] = self._network(self._maps(drawn, positions))
        self._group.add_up_tensors([logits])  # rows of the other processes are zero
        return logits

    def validate(self) -> tuple[float, float] | tuple[None, None]:
        """Return loss and accuracy on the validation set, if there is one."""
        indices = self._data.kept.split.validation
        if not len(indices):
            return None, None
        logits, labels = self.predict(indices), torch.from_numpy(self._data.kept.store.labels[indices])
        loss = self._objective.shown_loss(logits, labels) / len(indices)
        return loss.item(), self._objective.correct(logits, labels).float().mean().item()

    def measure_statistics(self, drawn: batches.Epoch, batch_size: int, most_batches: int) -> None:
        """Measure the mean and variance of every channel again.

        While the learning rate is high, the weights change so fast that the running statistics do not match
        them; a network evaluated with such statistics may be useless.
        """
        normalisations = [one for one in self._network.modules() if isinstance(one, NormalisedActivation)]
        all_positions = batches.batches(len(drawn.order), batch_size)
        self._network.train()
        with torch.no_grad():
            for count, positions in enumerate(itertools.islice(all_positions, most_batches), start=1):
                for normalisation in normalisations:
                    normalisation.momentum = 1 / count  # the mean over the batches so far
                self._network(self._maps(drawn, self._group.share(positions)))
        for normalisation in normalisations:
            normalisation.momentum = STATISTICS_MOMENTUM

    def _maps(self, drawn: batches.Epoch, positions: slice) -> Tensor:
        """Return the network's input for a batch of pictures in full size."""
        size = self._data.shape[1:]
        sent = self._batcher.host(drawn, positions, size)
        moved = [tensor.to(self._device, non_blocking=True) for tensor in sent]
        return self._batcher.device(moved, size)[0]
