"""The inputs of fine-tuning: pictures, or the outputs of the frozen part of the network.

While only the last blocks are trained, the outputs of all layers before them are the same in every epoch.
They are computed once, by ONNX Runtime, for each picture and its mirror image, and stored in float16.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np
import torch

from convscope.model.features import StepExtractor
from convscope.network.folded_network import frontier
from convscope.pictures.decoding import Progress, no_progress
from convscope.training.data.batcher import HostBatcher

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray
    from torch import Tensor

    from convscope.model.file import Model
    from convscope.pictures.batches import Epoch
    from convscope.pictures.store import Store
    from convscope.training.data.training_data import TrainingData

_MOST_BYTES = 2**30


class Inputs(Protocol):
    """Provides batches for a `FoldedNetwork`."""

    def batch(self, drawn: Epoch, positions: slice) -> dict[str, Tensor]:
        """Return a batch for the random choices of an epoch: outputs of some steps, by name."""
        ...


class PictureInputs:
    """Augmented pictures.

    Args:
        data: The pictures, normalised for the backbone.
    """

    def __init__(self, data: TrainingData) -> None:
        self._batcher = HostBatcher(data.kept.store, data.mean, data.std, "fp32")
        self._size = data.shape[1:]

    def batch(self, drawn: Epoch, positions: slice) -> dict[str, Tensor]:
        """Return a batch of pictures."""
        maps, _ = self._batcher.host(drawn, positions, self._size)
        return {"image": maps}


class CachedInputs:
    """Cached outputs of the steps before the trained ones; the only augmentation is flips.

    Args:
        model: The network.
        trained: Names of the trained layers.
        store: The pictures.
        indices: (n,) indices of the pictures.
        progress: Called with (pictures done, pictures in all).
    """

    def __init__(
        self,
        model: Model,
        trained: Collection[str],
        store: Store,
        indices: NDArray[np.int64],
        progress: Progress = no_progress,
    ) -> None:
        chain = model.chain
        self._names = frontier(chain, trained)
        self._row = np.full(len(store.labels), -1)
        self._row[indices] = np.arange(len(indices))
        self._values = [np.empty((2, len(indices), *chain[name].shape), np.float16) for name in self._names]
        extractor = StepExtractor(chain, self._names, model.mean, model.std, model.weights)
        for view, pictures in enumerate((store.pictures, store.pictures[:, :, ::-1])):
            for positions, found in extractor.compute(pictures, indices):
                for values, one in zip(self._values, found, strict=True):
                    values[view, positions] = one
                progress(view * len(indices) + int(positions[-1]) + 1, 2 * len(indices))
        store.check_whole()

    def batch(self, drawn: Epoch, positions: slice) -> dict[str, Tensor]:
        """Return a batch of the steps' outputs."""
        rows = self._row[drawn.order[positions]]
        views = (drawn.maps[positions, 1, 1] < 0).astype(int)
        return {
            name: torch.from_numpy(values[views, rows])
            .float()  # into memory aligned by PyTorch, because the last bits depend on alignment
            .contiguous(memory_format=torch.channels_last)
            for name, values in zip(self._names, self._values, strict=True)
        }


def most_cached(model: Model, trained: Collection[str]) -> int:
    """Return the number of pictures whose outputs before the trained steps fit into memory."""
    names = frontier(model.chain, trained)
    numbers = sum(int(np.prod(model.chain[name].shape)) for name in names)
    return _MOST_BYTES // (2 * 2 * numbers)
