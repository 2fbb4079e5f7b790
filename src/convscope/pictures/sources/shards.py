"""Shards: large files that each hold many pictures and their labels.

A shard is a tar in WebDataset format (`webdataset`) or a Parquet file with a column of encoded pictures
(`parquet_pictures`). Shards are read sequentially, without unpacking, with a few pictures in memory at a
time.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate, groupby
from typing import TYPE_CHECKING

from convscope.common.digests import digest_of
from convscope.common.lazy_sequence import LazySequence
from convscope.common.printable import printable
from convscope.errors import DataError
from convscope.pictures.sources.label_sets import (
    LabelSet,
    label_set,
    notes_on_sets,
    one_text,
    seem_several,
    separator_of,
)
from convscope.pictures.sources.labels import NO_LABEL, joined_labels, without_no_label
from convscope.pictures.sources.left_out import LeftOut
from convscope.pictures.sources.parquet_pictures import open_parquet_shard
from convscope.pictures.sources.source import Item, Part, part_named
from convscope.pictures.sources.webdataset import open_tar_shard

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from convscope.pictures.sources.shard import Shard
    from convscope.pictures.sources.shard_files import ShardFile
    from convscope.pictures.sources.source import Load, Picture


@dataclass(frozen=True, slots=True)
class _Items(LazySequence[Item]):
    """The pictures of shards, created on demand, because all of them would take too much memory.

    Attributes:
        files: The file of each shard.
        shards: The shards.
        parts: The part of each shard, if its pictures have none.
        ends: Cumulative number of pictures at the end of each shard.
        sets: The labels of each text, if pictures may have several.
    """

    files: tuple[ShardFile, ...]
    shards: tuple[Shard, ...]
    parts: tuple[Part | None, ...]
    ends: tuple[int, ...]
    sets: dict[str, LabelSet] | None

    def __len__(self) -> int:
        return self.ends[-1]

    def __iter__(self) -> Iterator[Item]:
        for number, shard in enumerate(self.shards):
            for inside in range(len(shard.labels)):
                yield self._inside(number, inside)

    def at(self, index: int) -> Item:
        """Create one of the pictures."""
        number = bisect_right(self.ends, index)
        return self._inside(number, index - (self.ends[number - 1] if number else 0))

    def _inside(self, number: int, inside: int) -> Item:
        shard = self.shards[number]
        part = shard.parts[inside] if shard.parts else self.parts[number]
        group = shard.groups[inside] if shard.groups else None
        name, label = f"{self.files[number].name}/{shard.names[inside]}", shard.labels[inside]
        if self.sets is None:
            return Item(name, label, part, group)
        return Item(name, one_text(self.sets[label]), part, group, self.sets[label])


@dataclass(frozen=True, slots=True)
class ShardSource:
    """A source whose pictures are packed into shards.

    Attributes:
        name: A short name.
        items: The pictures, shard by shard.
        notes: How the shards were read and what was left out.
        files: The file of each shard.
        shards: The shards.
        ends: Cumulative number of pictures at the end of each shard.
    """

    name: str
    items: Sequence[Item]
    notes: tuple[str, ...]
    files: tuple[ShardFile, ...]
    shards: tuple[Shard, ...]
    ends: tuple[int, ...]

    def read(self, index: int) -> bytes | Picture:
        """Read the encoded bytes of one picture, together with what its shard cannot skip."""
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
        """Return a digest of the location and the stamp of every shard."""
        stamps = [(file.name, file.stamp()) for file in self.files]
        return digest_of(stamps)

    def _shard_of(self, index: int) -> int:
        return bisect_right(self.ends, index)


def open_shards(
    shown: str,
    files: tuple[ShardFile, ...],
    shards: tuple[Shard, ...] | None = None,
    *,
    several_labels: bool | None = None,
) -> ShardSource:
    """Open shards as one source.

    The beginning of a shard's name (`train`, `val` or `test`) or, if the shards are in several folders, the
    name of its folder, determines its part; a column `split` in a Parquet file takes precedence.

    Args:
        shown: Name of the source in messages.
        files: Their files.
        shards: Their content, if already known.
        several_labels: Whether pictures may have several labels, as in `red;round`; None: if they clearly
            have.

    Raises:
        DataError: There are none, one cannot be read, or they contain no labelled pictures.
    """
    if not files:
        raise DataError(
            f"there are no shards in {shown}", remedy="give .tar or .parquet files, a folder or a pattern"
        )
    shards = _without_no_label(shards or tuple(map(_open, files)))
    left_out = LeftOut()
    for shard in shards:
        left_out.merge(shard.left_out)
    ends = tuple(accumulate(len(shard.labels) for shard in shards))
    if not ends[-1]:
        told = "; ".join(left_out.notes())
        wanted = "a tar needs NAME.jpg and NAME.cls, Parquet a column `image` and a column `label`"
        raise DataError(
            f"there are no labelled pictures in {shown}", why=told or wanted, remedy=told and wanted
        )
    classes = {label for shard in shards for label in set(shard.labels)}
    sets = None
    if several_labels or (several_labels is None and ("" in classes or seem_several(classes))):
        separator = separator_of(classes)
        sets = {text: label_set(text, separator, shown) or () for text in classes}
        how = f"the labels, separated by {separator!r}" if separator else "the labels"
        of_labels = notes_on_sets([sets[label] for shard in shards for label in shard.labels], how)
    else:
        of_labels = joined_labels(classes)
    own = sorted({note for shard in shards for note in shard.notes})
    notes = (f"shards: {len(shards):,}", *own, *of_labels, *left_out.notes())
    name = re.split(r"[-_.*?\[]", shown.rstrip("/").rpartition("/")[2])[0] or "shards"
    items = _Items(files, shards, parts_of([file.name for file in files]), ends, sets)
    return ShardSource(printable(name), items, notes, files, shards, ends)


def parts_of(names: Sequence[str]) -> tuple[Part | None, ...]:
    """Find the part of each shard in its name, or in its folder's name.

    The folder is only used if the shards are in several folders, so that a common path has no effect.

    Example:
        >>> parts_of(["pets/train-0.tar", "pets/val-0.tar"]), parts_of(["test/0.tar", "test/1.tar"])
        (('train', 'validation'), (None, None))
    """
    paths = [["", *name.split("/")][-2:] for name in names]
    several = len({folder for folder, _ in paths}) > 1
    return tuple(
        part_named(re.split(r"[-_.]", file)[0]) or (part_named(folder) if several else None)
        for folder, file in paths
    )


def _open(file: ShardFile) -> Shard:
    opener = open_parquet_shard if file.name.lower().endswith((".parquet", ".pq")) else open_tar_shard
    return opener(file)


def _without_no_label(shards: tuple[Shard, ...]) -> tuple[Shard, ...]:
    """Leave out the pictures labelled -1, if that means no label."""
    kinds = sorted({label for shard in shards for label in set(shard.labels)})
    if None not in without_no_label(kinds):
        return shards
    return tuple(shard.without(NO_LABEL) for shard in shards)
