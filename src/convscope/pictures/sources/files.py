"""Pictures that are separate files on the disk."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from convscope.common.digests import digest_of
from convscope.pictures.reading import read_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from convscope.pictures.sources.source import Item, Load


@dataclass(frozen=True, slots=True)
class FileSource:
    """A source whose pictures are files: a folder or a manifest.

    Attributes:
        name: A short name.
        items: The pictures.
        notes: How it was read and what was left out, in short sentences.
        folder: The folder that the files' names are relative to.
        files: The file of each picture.
    """

    name: str
    items: tuple[Item, ...]
    notes: tuple[str, ...]
    folder: Path
    files: tuple[str, ...]

    def read(self, index: int) -> bytes:
        """Read the encoded bytes of one picture."""
        return read_file(self.folder / self.files[index], self.items[index].name)

    def iterate(self, indices: Iterable[int]) -> Iterator[tuple[int, Load]]:
        """Yield (index, load); files can be read in parallel."""
        for index in indices:
            yield index, partial(self.read, index)

    def fingerprint(self) -> str:
        """Return a digest of every path, class, part, group, size and modification time."""
        facts = (
            (file, item.label, item.labels, item.part, item.group, change_stamp(self.folder / file))
            for item, file in zip(self.items, self.files, strict=True)
        )
        return digest_of(self.folder.absolute(), (repr(one).encode() for one in facts))


def change_stamp(path: Path) -> tuple[int, ...]:
    """Return a file's size and modification times, which change with its content."""
    try:
        status = path.stat()
    except (OSError, ValueError):
        return ()
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns
