"""Shards whose prepared pictures are too many for the disk: what is kept of them, and what is decoded anew.

All pictures are decoded and digested once, as for a store, but the pixels are let go: what stays is the
catalogue. From it follow classes, counts, split and receipt, the same as if all had been kept. Kept are the
pictures that watch and test, and some that are learned from, for mean, standard deviation, whitening and
whatever else looks at a few. The others come by in blocks (`convscope.pictures.stream_blocks`).
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
from convscope.training.data.training_data import sample

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from convscope.pictures.decoding import Progress
    from convscope.pictures.preparation import Preparation
    from convscope.pictures.sources.source import Source
    from convscope.pictures.store import Catalogue, Store
    from convscope.training.recipe import Settings

_GB = 10**9


@dataclass(frozen=True, slots=True, eq=False)
class Stream:
    """Pictures of which not all are kept.

    Attributes:
        source: All readable pictures.
        catalogue: What is known of them.
        split: Which of them are learned from, which steer and which judge.
        ends: How many of them there are up to the end of each shard.
        kept: Those that steer and judge, and a sample of those that are learned from.
        kept_split: The same parts, of what is kept.
        limit: How many bytes prepared pictures may take.
    """

    source: Source
    catalogue: Catalogue
    split: Split
    ends: NDArray[np.int64]
    kept: Store
    kept_split: Split
    limit: int

    @property
    def room(self) -> int:
        """How many pictures a block has room for, beside another one and what is kept."""
        return _room(self.limit, self.catalogue.preparation, len(self.kept.labels))

    @property
    def note(self) -> str:
        """What a person should know about it, as one sentence."""
        form = self.catalogue.preparation
        needed = _bytes(form, len(self.catalogue.labels))
        return (
            f"prepared pictures may take {_gigabytes(self.limit)}, and would take {_gigabytes(needed)}: they "
            f"are streamed, {self.room:,} at a time, decoded anew in each epoch and shuffled among each "
            "other; pictures of one colour were not looked for"
        )

    def blocks(self, *, batch: int, seed: int, share: Callable[[slice], slice]) -> StreamBlocks:
        """Return what decodes the pictures that are learned from, a block at a time.

        Raises:
            SettingError: There is no room for two batches.
            StoreError: The disk has less room than was allowed.
        """
        if self.room < batch:
            raise _too_little(self.limit, self.room, batch)
        return StreamBlocks(
            self.source,
            self.catalogue,
            self.split.train,
            self.ends,
            steps=min(self.room, len(self.split.train)) // batch,
            batch=batch,
            seed=seed,
            share=share,
            folder=cache_folder() / "stores",
        )


def resolve_store_limit(source: Source, preparation: Preparation, limit: float | None) -> float | None:
    """Find out how many GB prepared pictures may take.

    Args:
        source: The pictures.
        preparation: The form they are brought into.
        limit: What a person allowed; None: as much as there is.

    Returns:
        The limit; where nobody set one, half of what is free if not all pictures fit, else None.

    Raises:
        StoreError: They do not fit, and cannot be streamed, as they are not in shards.
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
            why=f"there is room for {_gigabytes(int(limit * _GB))}, and only shards can be streamed",
            remedy="pack them into shards (docs/reference/shards.md), give a smaller --size, "
            f"or set {VARIABLE} to a folder on a larger disk",
        )
    return limit


def is_streamed(source: Source, preparation: Preparation, limit: float | None) -> bool:
    """Whether prepared pictures take more than so many GB (None: as many as they like)."""
    return limit is not None and _bytes(preparation, len(source.items)) > limit * _GB


def open_stream(
    source: Source, preparation: Preparation, settings: Settings, *, progress: Progress | None = None
) -> Stream:
    """Look at all pictures of shards once, and keep those that are needed again and again.

    Args:
        source: The shards.
        preparation: The form to bring pictures into.
        settings: What the person said; `store_limit` is among it.
        progress: Called with (pictures done, pictures in all).

    Raises:
        SettingError: There is no room but for the pictures that watch and test.
        ConvscopeError: As `build_store` and `split` raise them.
    """
    assert isinstance(source, ShardSource)  # noqa: S101  # `resolve_store_limit` saw to it
    assert settings.store_limit  # noqa: S101  # or nothing was streamed
    limit = int(settings.store_limit * _GB)
    catalogue, places = build_catalogue(source, preparation, progress=progress, strict=settings.strict)
    readable, parts = select(source, places), split(catalogue)
    chosen = (sample(parts.train, settings), parts.validation, parts.test)
    kept = np.sort(np.concatenate(chosen))
    if (room := _room(limit, preparation, len(kept))) < 1:
        raise _too_little(limit, room, 1)
    pictures = build_store(select(readable, kept), preparation, progress=progress, strict=True).pictures
    train, validation, test = (np.searchsorted(kept, part) for part in chosen)
    return Stream(
        source=readable,
        catalogue=catalogue,
        split=parts,
        ends=np.searchsorted(places, source.ends),
        kept=catalogue.store(kept, pictures),
        kept_split=Split(train, validation, test, parts.notes),
        limit=limit,
    )


def _room(limit: int, preparation: Preparation, kept: int) -> int:
    return (limit // _bytes(preparation, 1) - kept) // 2


def _too_little(limit: int, room: int, batch: int) -> SettingError:
    return SettingError(
        f"--store-limit {limit / _GB:g} is too little",
        why=f"the pictures that watch and test leave room for {2 * max(room, 0):,} others; "
        f"there have to be two batches of {batch}",
        remedy="give more, or a smaller --size",
    )


def _bytes(preparation: Preparation, pictures: int) -> int:
    return pictures * preparation.height * preparation.width * preparation.channels


def _gigabytes(count: int) -> str:
    return f"{count / _GB:,.3g} GB"


def _free_bytes() -> int:
    folder = cache_folder().absolute()
    there = next(one for one in (folder, *folder.parents) if one.exists())
    return shutil.disk_usage(there).free
