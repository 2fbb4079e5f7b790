"""A tar as WebDataset writes it: `0001.jpg` and `0001.cls` are one picture and the name of its class.

Source: https://github.com/webdataset/webdataset
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import IO, TYPE_CHECKING

import numpy as np

from convscope.common.printable import printable
from convscope.pictures.naming import class_name
from convscope.pictures.packed_strings import PackedStrings
from convscope.pictures.reading import BYTE_LIMIT, SUFFIXES, unreadable
from convscope.pictures.sources.archive import damaged, failing
from convscope.pictures.sources.tar_archive import TAR_ERRORS, members, unpacked

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from convscope.pictures.sources.shard_files import ShardFile
    from convscope.pictures.sources.source import Load

LABEL = "cls"
_LONGEST_LABEL = 1024
_FEW_MEMBERS = 16


@dataclass(frozen=True, slots=True, eq=False)
class TarShard:
    """One such tar.

    Attributes:
        file: The file.
        names: The name of each picture.
        labels: Its label.
        spans: (n, 2) int64, where each starts in the unpacked tar, and its size, in bytes.
        notes: What people should know.
    """

    file: ShardFile
    names: PackedStrings
    labels: tuple[str, ...]
    spans: NDArray[np.int64]
    notes: tuple[str, ...]

    def iterate(self, indices: Iterable[int]) -> Iterator[Load]:
        """Yield what loads each picture; the bytes are read before each is yielded."""
        try:
            with self.file.open() as opened, unpacked(opened) as stream:
                for index in indices:
                    yield self._load(stream, index)
        except TAR_ERRORS as error:
            raise damaged(self.file.name, error) from error

    def _load(self, stream: IO[bytes], index: int) -> Load:
        start, size = self.spans[index].tolist()
        name = f"{self.file.name}/{self.names[index]}"
        if size > BYTE_LIMIT:
            return failing(unreadable(name, f"it has {size:,} bytes; the limit is {BYTE_LIMIT:,}"))
        stream.seek(start)
        data = stream.read(size)
        return partial(bytes, data) if len(data) == size else failing(unreadable(name, "it is cut short"))


def open_tar_shard(file: ShardFile) -> TarShard:
    """List a shard's pictures: read from front to back, once.

    Raises:
        DataError: It cannot be read, or has members that lead out of it.
    """
    spans: dict[str, tuple[str, tuple[int, int]]] = {}
    labels: dict[str, str] = {}
    try:
        with file.open() as opened, unpacked(opened) as stream:
            for member in members(stream, file.name):
                key, kind = _key(member.name)
                if member.isreg() and f".{kind}" in SUFFIXES:
                    spans[key] = (printable(member.name), (member.offset_data, member.size))
                elif member.isreg() and kind == LABEL and member.size <= _LONGEST_LABEL:
                    stream.seek(member.offset_data)
                    labels[key] = sys.intern(class_name(stream.read(member.size).decode().strip()))
    except TAR_ERRORS as error:
        raise damaged(file.name, error) from error
    kept = [key for key in spans if labels.get(key)]
    left_out = len(spans) - len(kept)
    notes = (f"pictures left out as {file.name} has no .{LABEL} of them: {left_out:,}",) if left_out else ()
    return TarShard(
        file,
        names=PackedStrings.of(spans[key][0] for key in kept),
        labels=tuple(labels[key] for key in kept),
        spans=np.array([spans[key][1] for key in kept], np.int64).reshape(-1, 2),
        notes=notes,
    )


def is_tar_shard(path: Path) -> bool:
    """Whether one of the first members of a tar is a label; false also where it cannot be read."""
    try:
        with path.open("rb") as file, unpacked(file) as stream:
            return any(_key(one.name)[1] == LABEL for one in islice(members(stream, path), _FEW_MEMBERS))
    except TAR_ERRORS:
        return False


def _key(name: str) -> tuple[str, str]:
    """Split at the first dot of the last part, as WebDataset does; what follows is lowered."""
    folder, slash, file = name.rpartition("/")
    stem, _, kind = file.partition(".")
    return folder + slash + stem, kind.lower()
