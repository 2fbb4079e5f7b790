"""Pictures that are files of their own on the disk."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from convscope.pictures.reading import read_file
from convscope.pictures.sources.source import Item, Load


@dataclass(frozen=True, slots=True)
class FileSource:
    """A source whose pictures are files: a folder or a manifest.

    Attributes:
        name: What people call it.
        items: The pictures.
        notes: What people should know.
        paths: The file of each picture.
    """

    name: str
    items: tuple[Item, ...]
    notes: tuple[str, ...]
    paths: tuple[str, ...]

    def read(self, index: int) -> bytes:
        """Reads the encoded bytes of one picture."""
        return read_file(self.paths[index], self.items[index].name)

    def iterate(self, indices: Iterable[int]) -> Iterator[tuple[int, Load]]:
        """Yields (index, load); files can be read in parallel."""
        for index in indices:
            yield index, partial(self.read, index)

    def fingerprint(self) -> str:
        """Digests every path, class, part, size and time of change."""
        digest = hashlib.blake2b(digest_size=16)
        for item, path in zip(self.items, self.paths, strict=True):
            digest.update(repr((os.path.realpath(path), item.label, item.part, *_seal(path))).encode())
        return digest.hexdigest()


def _seal(path: str) -> tuple[int, ...]:
    try:
        status = os.stat(path)  # noqa: PTH116 - a Path object for each of 100,000 files costs more than the call
    except (OSError, ValueError):
        return ()
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns
