"""Shards: many pictures and their labels packed into each of many large files.

A shard is a tar as WebDataset writes it (`webdataset`) or a Parquet file with a column of encoded pictures
(`parquet_pictures`). Shards are read where they lie, from front to back: a few pictures are in memory at a
time, and nothing is copied but the prepared pictures into the store.
"""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate, groupby
from typing import TYPE_CHECKING, Protocol, overload

from convscope.common.printable import printable
from convscope.errors import DataError
from convscope.pictures.sources.parquet_pictures import open_parquet_shard
from convscope.pictures.sources.source import Item, Part, part_named
from convscope.pictures.sources.webdataset import open_tar_shard

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from convscope.pictures.sources.places import Place
    from convscope.pictures.sources.source import Load, Picture


class Shard(Protocol):
    """One file of many pictures."""

    @property
    def names(self) -> Sequence[str]:
        """The name of each picture, in order."""
        ...

    @property
    def labels(self) -> Sequence[str]:
        """The label of each picture."""
        ...

    @property
    def notes(self) -> tuple[str, ...]:
        """What people should know about it."""
        ...

    def iterate(self, places: Iterable[int]) -> Iterator[Load]:
        """Yield what loads each of the pictures at these ascending places."""
        ...


@dataclass(frozen=True, slots=True)
class _Items(Sequence[Item]):
    """The pictures of shards, each made when it is asked for: all of them would fill the memory.

    Attributes:
        places: Where each shard lies.
        shards: The shards.
        ends: How many pictures there are up to the end of each shard.
    """

    places: tuple[Place, ...]
    shards: tuple[Shard, ...]
    ends: tuple[int, ...]

    def __len__(self) -> int:
        return self.ends[-1]

    @overload
    def __getitem__(self, index: int) -> Item: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Item, ...]: ...
    def __getitem__(self, index: int | slice) -> Item | tuple[Item, ...]:
        chosen = range(len(self))[index]
        return self._item(chosen) if isinstance(chosen, int) else tuple(map(self._item, chosen))

    def __iter__(self) -> Iterator[Item]:
        for place, shard in zip(self.places, self.shards, strict=True):
            part = part_of(place.name)
            for name, label in zip(shard.names, shard.labels, strict=True):
                yield Item(f"{place.name}/{name}", label, part)

    def _item(self, index: int) -> Item:
        number = bisect_right(self.ends, index)
        place, shard = self.places[number], self.shards[number]
        inside = index - (self.ends[number - 1] if number else 0)
        return Item(f"{place.name}/{shard.names[inside]}", shard.labels[inside], part_of(place.name))


@dataclass(frozen=True, slots=True)
class ShardSource:
    """A source whose pictures are packed into shards.

    Attributes:
        name: What people call it.
        items: The pictures, shard by shard.
        notes: What people should know.
        places: Where each shard lies.
        shards: The shards.
        ends: How many pictures there are up to the end of each shard.
    """

    name: str
    items: Sequence[Item]
    notes: tuple[str, ...]
    places: tuple[Place, ...]
    shards: tuple[Shard, ...]
    ends: tuple[int, ...]

    def read(self, index: int) -> bytes | Picture:
        """Read the encoded bytes of one picture, and with it what its shard cannot skip."""
        _, load = next(self.iterate([index]))
        return load()

    def iterate(self, indices: Iterable[int]) -> Iterator[tuple[int, Load]]:
        """Yield (index, load); the bytes are read before each is yielded."""
        for number, of_shard in groupby(indices, self._shard_of):
            wanted = list(of_shard)
            first = self.ends[number - 1] if number else 0
            loads = self.shards[number].iterate(index - first for index in wanted)
            yield from zip(wanted, loads, strict=True)

    def fingerprint(self) -> str:
        """Digest where every shard lies, and what its storage says changes with it."""
        seals = [(place.name, place.seal()) for place in self.places]
        return hashlib.blake2b(repr(seals).encode(), digest_size=16).hexdigest()

    def _shard_of(self, index: int) -> int:
        return bisect_right(self.ends, index)


def open_shards(shown: str, places: tuple[Place, ...]) -> ShardSource:
    """Open shards as one source.

    A shard whose name or folder begins with `train`, `val` or `test` puts its pictures into that part.

    Args:
        shown: What people call them all.
        places: Where they lie.

    Raises:
        DataError: There are none, one cannot be read, or they hold no labelled pictures.
    """
    if not places:
        raise DataError(
            f"there are no shards in {shown}", remedy="give .tar or .parquet files, a folder or a pattern"
        )
    shards = tuple(map(_open, places))
    ends = tuple(accumulate(len(shard.names) for shard in shards))
    if not ends[-1]:
        raise DataError(
            f"there are no labelled pictures in {shown}",
            why="a tar needs NAME.jpg and NAME.cls, Parquet a column `image` and a column `label`",
        )
    notes = (f"shards: {len(shards):,}", *sorted({note for shard in shards for note in shard.notes}))
    name = re.split(r"[-_.*?\[]", shown.rstrip("/").rpartition("/")[2])[0] or "shards"
    items = _Items(places, shards, ends)
    return ShardSource(printable(name), items, notes, places, shards, ends)


@cache
def part_of(name: str) -> Part | None:
    """Find the part that a shard's name speaks of, or its folder's.

    Example:
        >>> part_of("s3://pets/train-0001.tar"), part_of("pets/val/0001.tar"), part_of("pets/0001.tar")
        ('train', 'validation', None)
    """
    *_, folder, file = ["", *name.split("/")]
    return part_named(re.split(r"[-_.]", file)[0]) or part_named(folder)


def _open(place: Place) -> Shard:
    opener = open_parquet_shard if place.name.lower().endswith((".parquet", ".pq")) else open_tar_shard
    return opener(place)
