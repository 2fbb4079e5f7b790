"""The pictures as training sees them: the store, who is learned from, and what makes the numbers small."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from convscope.pictures import batches
from convscope.training.recipe import Facts, Precision

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from convscope.pictures.split import Split
    from convscope.pictures.store import Store

_SAMPLE = 4_096
"""So many pictures, evenly spread, are enough for mean, standard deviation and whitening."""
_SMALLEST_STD = 1.0
"""In pixel values: pictures that are all alike must not be divided by nothing."""


@dataclass(frozen=True, slots=True)
class TrainingData:
    """What is learned from.

    Attributes:
        store: All prepared pictures.
        split: Which of them are learned from, which steer and which judge.
        mean: (channels,) float32 over the training pictures, in pixel values.
        std: (channels,) float32, likewise.
    """

    store: Store
    split: Split
    mean: NDArray[np.float32]
    std: NDArray[np.float32]

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height and width of a picture."""
        height, width, channels = self.store.pictures.shape[1:]
        return channels, height, width

    def facts(self) -> Facts:
        """Say what the training pictures are like, for the recipe."""
        counts = np.bincount(self.store.labels[self.split.train], minlength=len(self.store.classes))
        return Facts(tuple(counts.tolist()), self.shape)

    def cut(
        self,
        epoch: batches.Epoch,
        taken: slice,
        precision: Precision,
        sides: tuple[int, int] | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Cut a batch.

        Args:
            epoch: What was drawn.
            taken: Which places of its order.
            precision: Of the maps.
            sides: Height and width to show the pictures in; None shows them as they are.

        Returns:
            Maps (batch, channels, height, width), channels-last, in the precision, and labels (batch,).
        """
        labels = torch.from_numpy(self.store.labels[epoch.order[taken]])
        dtype = torch.bfloat16 if precision == "bf16" else torch.float32
        shape = (len(labels), self.shape[0], *(sides or self.shape[1:]))
        maps = torch.empty(shape, dtype=dtype, memory_format=torch.channels_last)
        cells: NDArray[Any] = (
            maps.permute(0, 2, 3, 1).view(torch.uint16 if precision == "bf16" else dtype).numpy()
        )
        batches.cut(self.store.pictures, epoch, taken, self.mean, self.std, cells)
        return maps, labels

    def sample(self) -> Tensor:
        """Return some thousand training pictures, unchanged, as (n, channels, height, width) float32."""
        chosen = batches.unchanged(spread(self.split.train, _SAMPLE))
        return self.cut(chosen, slice(None), "fp32")[0]


def training_data(store: Store, split: Split) -> TrainingData:
    """Measure mean and standard deviation on an even sample of the training pictures."""
    seen = store.pictures[spread(split.train, _SAMPLE)].reshape(-1, store.pictures.shape[3])
    std = np.maximum(seen.std(axis=0, dtype=np.float64), _SMALLEST_STD)
    return TrainingData(
        store, split, seen.mean(axis=0, dtype=np.float64).astype(np.float32), std.astype(np.float32)
    )


def spread(indices: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """Take at most so many of the indices, evenly spread.

    Example:
        >>> spread(np.arange(10), 4).tolist()
        [0, 3, 6, 9]
    """
    if len(indices) <= most:
        return indices
    return indices[np.linspace(0, len(indices) - 1, most).round().astype(np.int64)]
