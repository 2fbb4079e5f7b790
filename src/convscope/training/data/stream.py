"""Streaming: training on shards whose prepared pictures do not fit on the disk.

All pictures are decoded and digested once, as for a store, but only their catalogue is kept: classes, counts,
split and receipt follow from it, as if all pictures had been stored. Pixels are only stored for the
validation and test set, and for a sample of the training set, from which mean, standard deviation and
whitening are computed. The training set is decoded again in each epoch, block by block
(`convscope.pictures.stream_blocks`).
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from convscope.common.cache_folder import VARIABLE, cache_folder
from convscope.errors import SettingError, StoreError
from convscope.pictures.sources.selected import select
from convscope.pictures.sources.shards import ShardSource
from convscope.pictures.split import Split, split
from convscope.pictures.store_building import build_catalogue, build_store, is_stored
from convscope.pictures.stream_blocks import StreamBlocks
from convscope.training.data.class_order import in_order
from convscope.training.data.sampling import SAMPLE_SIZE, spread

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from convscope.pictures.decoding import Progress
    from convscope.pictures.preparation import Preparation
    from convscope.pictures.sources.source import Source
    from convscope.pictures.store import Catalogue, Store
    from convscope.training.settings import Settings

_GB = 10**9


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """The stored pictures.

    Attributes:
        store: The store.
        split: Its training, validation and test set, as indices into the store.
    """

    store: Store
    split: Split


@dataclass(frozen=True, slots=True, eq=False)
class All:
    """All pictures, stored or not.

    Attributes:
        catalogue: The catalogue of the pictures.
        split: Training, validation and test set, as indices into the catalogue.
    """

    catalogue: Catalogue
    split: Split


@dataclass(frozen=True, slots=True, eq=False)
class Stream:
    """Streamed pictures.

    Attributes:
        source: All readable pictures.
        all: Their catalogue and split.
        kept: The stored ones: validation and test set, and a sample of the training set.
        ends: Cumulative number of pictures at the end of each shard.
        limit: Disk space for prepared pictures, in bytes.
    """

    source: Source
    all: All
    kept: Kept
    ends: NDArray[np.int64]
    limit: int

    @property
    def room(self) -> int:
        """The number of pictures per block: the disk holds two blocks and the stored pictures."""
        return _room(self.limit, self.all.catalogue.preparation, len(self.kept.store.labels))

    @property
    def note(self) -> str:
        """A message for the user, as one sentence."""
        preparation = self.all.catalogue.preparation
        needed = _bytes(preparation, len(self.all.catalogue.labels))
        return (
            f"streaming: prepared pictures may take {_gigabytes(self.limit)} and would take "
            f"{_gigabytes(needed)}; they are decoded anew in each epoch and shuffled in blocks of "
            f"{self.room:,}; pictures of one colour were not looked for"
        )

    def blocks(self, *, batch_size: int, seed: int, share: Callable[[slice], slice]) -> StreamBlocks:
        """Return the training set in blocks.

        Raises:
            SettingError: There is no space for two batches.
            StoreError: The disk has less space than the limit.
        """
        if self.room < batch_size:
            raise _too_little(self.limit, self.room, batch_size)
        train = self.all.split.train
        return StreamBlocks(
            self.source,
            self.all.catalogue,
            train,
            self.ends,
            steps=min(self.room, len(train)) // batch_size,
            batch=batch_size,
            seed=seed,
            share=share,
            folder=cache_folder() / "stores",
        )


def resolve_store_limit(source: Source, preparation: Preparation, limit: float | None) -> float | None:
    """Return the disk space for prepared pictures, in GB.

    Args:
        source: The pictures.
        preparation: The preparation of the pictures.
        limit: The user's limit; None: the free disk space.

    Returns:
        The limit, if given. Otherwise None if all pictures fit on the disk, else half of the free space.

    Raises:
        StoreError: They do not fit, and cannot be streamed because they are not in shards.
    """
    needed = _bytes(preparation, len(source.items))
    if limit is None:
        free = _free_bytes()
        if needed <= free or is_stored(source, preparation):
            return None
        limit = round(free / 2 / _GB, 3)
    if is_streamed(source, preparation, limit) and not isinstance(source, ShardSource):
        raise StoreError(
            f"the prepared pictures of {source.name} would take {_gigabytes(needed)}",
            why=f"there is space for {_gigabytes(int(limit * _GB))}, and only shards can be streamed",
            remedy="pack them into shards (docs/reference/shards.md), give a smaller --size, "
            f"or set {VARIABLE} to a folder on a larger disk",
        )
    return limit


def is_streamed(source: Source, preparation: Preparation, limit: float) -> bool:
    """Whether prepared pictures take more GB than the limit."""
    return _bytes(preparation, len(source.items)) > limit * _GB


def lacks_room(source: Source, preparation: Preparation, limit: float | None) -> bool:
    """Whether prepared pictures need more space than the disk has, or than the limit allows."""
    try:
        resolved = resolve_store_limit(source, preparation, limit)
    except StoreError:
        return True
    return resolved is not None and is_streamed(source, preparation, resolved)


def open_stream(
    source: Source,
    preparation: Preparation,
    settings: Settings,
    store_limit: float,
    *,
    progress: Progress | None = None,
) -> Stream:
    """Decode all pictures of shards once, and store those that are needed repeatedly.

    Args:
        source: The shards.
        preparation: How to prepare pictures.
        settings: Training settings.
        store_limit: Disk space for prepared pictures, in GB.
        progress: Called with (pictures done, pictures in all).

    Raises:
        SettingError: The limit leaves no space after the validation and test sets.
        ConvscopeError: See `build_store` and `split`.
    """
    assert isinstance(source, ShardSource)  # noqa: S101  # `resolve_store_limit` saw to it
    limit = int(store_limit * _GB)
    catalogue, readable = build_catalogue(source, preparation, progress=progress, strict=settings.strict)
    catalogue = in_order(catalogue, settings.class_order)
    parts = split(catalogue, settings.group_pattern)
    sample = spread(parts.train, max(SAMPLE_SIZE, settings.batch_size or 0))
    chosen = sample, parts.validation, parts.test
    kept = np.sort(np.concatenate(chosen))
    if (room := _room(limit, preparation, len(kept))) < 1:
        raise _too_little(limit, room, 1)
    selected = select(source, readable[kept])
    pictures = build_store(selected, preparation, progress=progress, strict=True).pictures
    train, validation, test = (np.searchsorted(kept, part) for part in chosen)
    return Stream(
        source=select(source, readable),
        all=All(catalogue, parts),
        kept=Kept(catalogue.store(kept, pictures), Split(train, validation, test, parts.notes)),
        ends=np.searchsorted(readable, source.ends),
        limit=limit,
    )


def _room(limit: int, preparation: Preparation, kept: int) -> int:
    return (limit // _bytes(preparation, 1) - kept) // 2


def _too_little(limit: int, room: int, batch_size: int) -> SettingError:
    return SettingError(
        f"--store-limit {limit / _GB:g} is too little",
        why=f"the validation and test set leave room for {2 * max(room, 0):,} training pictures; "
        f"two batches of {batch_size} are needed",
        remedy="give more, or a smaller --size",
    )


def _bytes(preparation: Preparation, pictures: int) -> int:
    return pictures * preparation.height * preparation.width * preparation.channels


def _gigabytes(count: int) -> str:
    return f"{count / _GB:,.3g} GB"


def _free_bytes() -> int:
    folder = cache_folder().absolute()
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    return shutil.disk_usage(existing).free
