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

    from convscope.pictures.sources.shard_files import ShardFile
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

    def iterate(self, indices: Iterable[int]) -> Iterator[Load]:
        """Yield what loads each of the pictures at these ascending indices."""
        ...


@dataclass(frozen=True, slots=True)
class _Items(Sequence[Item]):
    """The pictures of shards, each made when it is asked for: all of them would fill the memory.

    Attributes:
        files: The file of each shard.
        shards: The shards.
        ends: How many pictures there are up to the end of each shard.
    """

    files: tuple[ShardFile, ...]
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
        for file, shard in zip(self.files, self.shards, strict=True):
            part = part_of(file.name)
            for name, label in zip(shard.names, shard.labels, strict=True):
                yield Item(f"{file.name}/{name}", label, part)

    def _item(self, index: int) -> Item:
        number = bisect_right(self.ends, index)
        file, shard = self.files[number], self.shards[number]
        inside = index - (self.ends[number - 1] if number else 0)
        return Item(f"{file.name}/{shard.names[inside]}", shard.labels[inside], part_of(file.name))


@dataclass(frozen=True, slots=True)
class ShardSource:
    """A source whose pictures are packed into shards.

    Attributes:
        name: What people call it.
        items: The pictures, shard by shard.
        notes: What people should know.
        files: The file of each shard.
        shards: The shards.
        ends: How many pictures there are up to the end of each shard.
    """

    name: str
    items: Sequence[Item]
    notes: tuple[str, ...]
    files: tuple[ShardFile, ...]
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
        stamps = [(file.name, file.stamp()) for file in self.files]
        return hashlib.blake2b(repr(stamps).encode(), digest_size=16).hexdigest()

    def _shard_of(self, index: int) -> int:
        return bisect_right(self.ends, index)


def open_shards(shown: str, files: tuple[ShardFile, ...]) -> ShardSource:
    """Open shards as one source.

    A shard whose name or folder begins with `train`, `val` or `test` puts its pictures into that part.

    Args:
        shown: What to call them all in messages.
        files: Their files.

    Raises:
        DataError: There are none, one cannot be read, or they hold no labelled pictures.
    """
    if not files:
        raise DataError(
            f"there are no shards in {shown}", remedy="give .tar or .parquet files, a folder or a pattern"
        )
    shards = tuple(map(_open, files))
    ends = tuple(accumulate(len(shard.names) for shard in shards))
    if not ends[-1]:
        raise DataError(
            f"there are no labelled pictures in {shown}",
            why="a tar needs NAME.jpg and NAME.cls, Parquet a column `image` and a column `label`",
        )
    notes = (f"shards: {len(shards):,}", *sorted({note for shard in shards for note in shard.notes}))
    name = re.split(r"[-_.*?\[]", shown.rstrip("/").rpartition("/")[2])[0] or "shards"
    items = _Items(files, shards, ends)
    return ShardSource(printable(name), items, notes, files, shards, ends)


@cache
def part_of(name: str) -> Part | None:
    """Find the part that a shard's name speaks of, or its folder's.

    Example:
        >>> part_of("s3://pets/train-0001.tar"), part_of("pets/val/0001.tar"), part_of("pets/0001.tar")
        ('train', 'validation', None)
    """
    *_, folder, file = ["", *name.split("/")]
    return part_named(re.split(r"[-_.]", file)[0]) or part_named(folder)


def _open(file: ShardFile) -> Shard:
    opener = open_parquet_shard if file.name.lower().endswith((".parquet", ".pq")) else open_tar_shard
    return opener(file)
