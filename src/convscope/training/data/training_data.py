"""The training data: prepared pictures, their split, and the statistics that normalise them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from convscope.pictures import batches
from convscope.pictures.split import Split, split
from convscope.pictures.store_building import build_store
from convscope.pictures.stream_blocks import StreamBlocks, WholeStore
from convscope.training.data.class_order import in_order
from convscope.training.data.sampling import SAMPLE_SIZE, spread
from convscope.training.data.stream import All, Kept, Stream, is_streamed, open_stream
from convscope.training.recipe import DatasetStats

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray
    from torch import Tensor

    from convscope.pictures.decoding import Progress
    from convscope.pictures.preparation import Preparation
    from convscope.pictures.sources.source import Source
    from convscope.pictures.store import Store
    from convscope.pictures.target import Target
    from convscope.training.data.batcher import Batcher, HostBatcher
    from convscope.training.machine.engine import Engine
    from convscope.training.settings import Precision, Settings

_BATCH_VALUES = 2**19
"""Number of values measured at a time: all pixels, or their patches, would take hundreds of megabytes."""
_SMALLEST_STD = 1.0
"""Smallest standard deviation, in pixel values, to avoid division by 0 for identical pictures."""


@dataclass(frozen=True, slots=True)
class TrainingData:
    """The pictures of a training.

    Attributes:
        kept: The stored pictures: all of them, unless they are streamed.
        all: All pictures.
        mean: (channels,) float32 over the training set, in pixel values.
        std: (channels,) float32, in pixel values.
        stream: The source of the training set if it is streamed.
    """

    kept: Kept
    all: All
    mean: NDArray[np.float32]
    std: NDArray[np.float32]
    stream: Stream | None = None

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height and width of a picture."""
        height, width, channels = self.kept.store.pictures.shape[1:]
        return channels, height, width

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes' names."""
        return self.kept.store.classes

    @property
    def target(self) -> Target:
        """The target to predict for each picture."""
        return self.kept.store.target

    @property
    def statistics(self) -> DatasetStats:
        """The statistics that the recipe is chosen from."""
        labels = self.all.catalogue.labels[self.all.split.train]
        numbers = np.bincount(labels, minlength=len(self.target.names))
        kinds = self.target.indicators(np.arange(len(numbers)))
        counts = tuple((numbers @ kinds.astype(np.int64)).tolist())
        return DatasetStats(counts, self.shape, len(labels), self.target.last_step)

    def blocks(
        self, *, batch_size: int, seed: int, share: Callable[[slice], slice]
    ) -> WholeStore | StreamBlocks:
        """Return the training set in blocks: a single block if all pictures are stored.

        Args:
            batch_size: Pictures per batch.
            seed: Seed of the run.
            share: Returns this process's share of the positions of a batch.
        """
        if self.stream:
            return self.stream.blocks(batch_size=batch_size, seed=seed, share=share)
        train = self.kept.split.train
        return WholeStore(self.kept.store, train, len(train) // batch_size)

    def batcher(self, precision: Precision, engine: Engine) -> Batcher:
        """Return a batcher for the stored pictures: on the device, if they fit there."""
        device = None
        if not engine.fused:
            from convscope.training.data import device_pictures  # noqa: PLC0415 - see below

            device = device_pictures.to_device(self.kept.store, self.mean, self.std, precision, engine.device)
        return device or self.host_batcher(self.kept.store, precision, engine)

    def host_batcher(self, store: Store, precision: Precision, engine: Engine) -> HostBatcher:
        """Return a batcher for a store, on the host."""
        return self._host_batcher(store, precision, pinned=engine.device.type == "cuda")

    def sample(self) -> Iterator[Tensor]:
        """Yield up to 4,096 training pictures, normalised, as (batch, channels, height, width) float32."""
        drawn = batches.unchanged(spread(self.kept.split.train, SAMPLE_SIZE))
        batcher = self._host_batcher(self.kept.store, "fp32")
        size = max(1, _BATCH_VALUES // math.prod(self.shape))
        for start in range(0, len(drawn.order), size):
            yield batcher.host(drawn, slice(start, start + size), self.shape[1:])[0]

    def _host_batcher(self, store: Store, precision: Precision, *, pinned: bool = False) -> HostBatcher:
        # importing PyTorch takes longer than training a head on few pictures
        from convscope.training.data.batcher import HostBatcher  # noqa: PLC0415

        return HostBatcher(store, self.mean, self.std, precision, pinned)


def prepare_data(
    source: Source,
    preparation: Preparation,
    settings: Settings,
    store_limit: float | None,
    *,
    progress: Progress | None = None,
) -> TrainingData:
    """Decode the pictures of a source into a store, or stream them if they exceed the limit.

    Args:
        source: The pictures.
        preparation: How to prepare them.
        settings: Training settings.
        store_limit: Disk space for prepared pictures, in GB; None: unlimited.
        progress: Called with (pictures done, pictures in all).

    Raises:
        ConvscopeError: The pictures cannot be used; the message states the cause.
    """
    if store_limit is not None and is_streamed(source, preparation, store_limit):
        return streamed_data(open_stream(source, preparation, settings, store_limit, progress=progress))
    store = prepared_store(source, preparation, settings, progress=progress)
    return training_data(store, split(store, settings.group_pattern))


def prepared_store(
    source: Source,
    preparation: Preparation,
    settings: Settings,
    *,
    progress: Progress | None = None,
    folder: Path | None = None,
) -> Store:
    """Decode the pictures of a source into a store, with the classes in the order that the settings give.

    Args:
        source: The pictures.
        preparation: How to prepare them.
        settings: Training settings.
        progress: Called with (pictures done, pictures in all).
        folder: Where prepared pictures are stored; by default the user's cache folder.

    Raises:
        ConvscopeError: The pictures cannot be used; the message states the cause.
    """
    store = build_store(source, preparation, progress=progress, strict=settings.strict, folder=folder)
    return in_order(store, settings.class_order)


def training_data(store: Store, split: Split) -> TrainingData:
    """Return the training data of a store, with mean and standard deviation measured on an even sample."""
    return TrainingData(Kept(store, split), All(store, split), *_mean_and_std(store, split))


def streamed_data(stream: Stream) -> TrainingData:
    """Return the training data of a stream, measured on its stored training pictures."""
    return TrainingData(stream.kept, stream.all, *_mean_and_std(stream.kept.store, stream.kept.split), stream)


def _mean_and_std(store: Store, split: Split) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return each channel's mean and standard deviation, from a histogram of the 256 values."""
    indices, values = spread(split.train, SAMPLE_SIZE), np.arange(256)
    shape = store.pictures.shape[1:]
    counts, size = np.zeros((shape[2], 256), np.int64), max(1, _BATCH_VALUES // math.prod(shape))
    for start in range(0, len(indices), size):
        pictures = store.pictures[indices[start : start + size]]
        channels = pictures.reshape(-1, len(counts)).T
        counts += [np.bincount(channel, minlength=256) for channel in channels]
    shares = counts / counts.sum(axis=1, keepdims=True)
    mean = shares @ values
    variance = (shares * (values - mean[:, np.newaxis]) ** 2).sum(axis=1)
    return mean.astype(np.float32), np.maximum(np.sqrt(variance), _SMALLEST_STD).astype(np.float32)
