"""The pictures as training sees them: the store, who is learned from, and what makes the numbers small."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from convscope.pictures import batches
from convscope.pictures.stream_blocks import StreamBlocks, WholeStore
from convscope.training.data import device_pictures
from convscope.training.machine.precision import DTYPES
from convscope.training.recipe import DatasetStats, Precision, Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from convscope.pictures.split import Split
    from convscope.pictures.store import Catalogue, Store
    from convscope.training.data.device_pictures import Resident
    from convscope.training.data.stream import Stream

_CPU = torch.device("cpu")
_SAMPLE = 4_096
"""So many pictures, evenly spread, are enough for mean, standard deviation and whitening."""
_SMALLEST_STD = 1.0
"""In pixel values: pictures that are all alike must not be divided by nothing."""


@dataclass(frozen=True, slots=True)
class TrainingData:
    """What is learned from.

    Attributes:
        store: The prepared pictures at hand: all, or of a stream those that are looked at again and again.
        split: Which of them are learned from, which steer and which judge.
        mean: (channels,) float32 over the training pictures, in pixel values.
        std: (channels,) float32, likewise.
        stream: What is learned from where not all pictures are at hand.
        place: Where batches are wanted.
        resident: The pictures of the store at that place, if they are there.
    """

    store: Store
    split: Split
    mean: NDArray[np.float32]
    std: NDArray[np.float32]
    stream: Stream | None = None
    place: torch.device = _CPU
    resident: Resident | None = None

    @property
    def catalogue(self) -> Catalogue:
        """What is known of all pictures, at hand or not."""
        return self.stream.catalogue if self.stream else self.store

    @property
    def parts(self) -> Split:
        """Which of all pictures are learned from, which steer and which judge."""
        return self.stream.split if self.stream else self.split

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height and width of a picture."""
        height, width, channels = self.store.pictures.shape[1:]
        return channels, height, width

    def facts(self) -> DatasetStats:
        """Say what the training pictures are like, for the recipe."""
        labels = self.catalogue.labels[self.parts.train]
        return DatasetStats(
            tuple(np.bincount(labels, minlength=len(self.store.classes)).tolist()), self.shape
        )

    def blocks(self, *, batch: int, seed: int, share: Callable[[slice], slice]) -> WholeStore | StreamBlocks:
        """Return what brings the pictures that are learned from, a block at a time.

        Args:
            batch: Pictures a batch.
            seed: Of the run.
            share: Names this process's places among those of a batch.
        """
        if self.stream:
            return self.stream.blocks(batch=batch, seed=seed, share=share)
        return WholeStore(self.store, self.split.train, len(self.split.train) // batch)

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
        sides = sides or self.shape[1:]
        sent = [one.to(self.place, non_blocking=True) for one in self.parcel(epoch, taken, precision, sides)]
        return self.unpack(sent, precision, sides)

    def parcel(
        self, epoch: batches.Epoch, taken: slice, precision: Precision, sides: tuple[int, int]
    ) -> tuple[Tensor, ...]:
        """Pack what has to be sent to the place for the batch that `cut` describes."""
        if self.resident:
            return self.resident.order(epoch, taken, sides)
        labels = torch.from_numpy(self.store.labels[epoch.order[taken]])
        kept: Precision = "bf16" if precision == "bf16" else "fp32"  # what the kernel writes
        maps = torch.empty(
            (len(labels), self.shape[0], *sides),
            dtype=DTYPES[kept],
            memory_format=torch.channels_last,
            pin_memory=self.place.type == "cuda",  # so that it can be sent while the device computes
        )
        cells: NDArray[Any] = (
            maps.permute(0, 2, 3, 1).view(torch.uint16 if kept == "bf16" else maps.dtype).numpy()
        )
        batches.cut(self.store.pictures, epoch, taken, self.mean, self.std, cells)
        self.store.check_whole()
        return maps, labels

    def unpack(
        self, sent: Sequence[Tensor], precision: Precision, sides: tuple[int, int]
    ) -> tuple[Tensor, Tensor]:
        """Return the batch of a parcel that was sent, as `cut` does."""
        if self.resident:
            return self.resident.cut(sent, DTYPES[precision], sides)
        maps, labels = sent
        return maps.to(DTYPES[precision]), labels

    def at(self, place: torch.device) -> TrainingData:
        """Cut batches for another device from now on, on it if its memory holds the pictures."""
        there = device_pictures.bring(self.store, self.mean, self.std, place)
        return replace(self, place=place, resident=there)

    def of(self, store: Store) -> TrainingData:
        """Cut batches from another store, whose pictures are not at the device."""
        return self if store is self.store else replace(self, store=store, resident=None)

    def sample(self) -> Tensor:
        """Return some thousand training pictures, unchanged, as (n, channels, height, width) float32."""
        chosen = batches.unchanged(spread(self.split.train, _SAMPLE))
        return self.cut(chosen, slice(None), "fp32")[0].cpu()


def training_data(store: Store, split: Split, stream: Stream | None = None) -> TrainingData:
    """Measure mean and standard deviation on an even sample of the training pictures."""
    mean, std = _mean_and_std(store.pictures[spread(split.train, _SAMPLE)])
    return TrainingData(store, split, mean, np.maximum(std, _SMALLEST_STD), stream)


def _mean_and_std(pictures: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return each channel's mean and standard deviation, from how often each of the 256 values occurs."""
    values = np.arange(256)
    channels = pictures.reshape(-1, pictures.shape[3]).T
    shares = np.array([np.bincount(channel, minlength=256) / len(channel) for channel in channels])
    mean = shares @ values
    variance = (shares * (values - mean[:, np.newaxis]) ** 2).sum(axis=1)
    return mean.astype(np.float32), np.sqrt(variance).astype(np.float32)


def sample(train: NDArray[np.int64], settings: Settings) -> NDArray[np.int64]:
    """Choose the pictures learned from that a stream keeps: as many as are looked at again, and a batch."""
    return spread(train, max(_SAMPLE, settings.batch_size or 0))


def spread(indices: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """Take at most so many of the indices, evenly spread.

    Example:
        >>> spread(np.arange(10), 4).tolist()
        [0, 3, 6, 9]
    """
    if len(indices) <= most:
        return indices
    return indices[np.linspace(0, len(indices) - 1, most).round().astype(np.int64)]
