"""What all archives share; members are read in place and never unpacked to the disk."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from convscope.common.digests import digest_of
from convscope.common.printable import printable
from convscope.errors import DataError
from convscope.pictures.sources.files import change_stamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from convscope.errors import PictureError
    from convscope.pictures.sources.source import Item, Load, Picture

MEMBER_LIMIT = 2_000_000
ABSOLUTE = re.compile(r"[/\\]|[A-Za-z]:[/\\]")


@dataclass(frozen=True, slots=True)
class ArchiveSource(ABC):
    """A source whose pictures are members of an archive.

    Attributes:
        name: A short name.
        items: The pictures.
        notes: How it was read and what was left out, in short sentences.
        path: The archive.
    """

    name: str
    items: tuple[Item, ...]
    notes: tuple[str, ...]
    path: Path

    def read(self, index: int) -> bytes | Picture:
        """Unpack the encoded bytes of one picture; a tar is read from its beginning for that."""
        _, load = next(self.iterate([index]))
        return load()

    @abstractmethod
    def iterate(self, indices: Iterable[int]) -> Iterator[tuple[int, Load]]:
        """Yield (index, load) for each of these pictures."""

    def fingerprint(self) -> str:
        """Return a digest of the archive's path, size and modification time."""
        return digest_of((self.path.absolute(), change_stamp(self.path)))


def check_member(archive: Path | str, name: str, count: int) -> None:
    """Check a member's name and the number of members.

    Raises:
        DataError: The name is absolute or leads out of the archive, or there are too many members. Such a
            name would be harmless, because nothing is unpacked, but it is a sign of bad intentions.
    """
    if ABSOLUTE.match(name) or ".." in re.split(r"[/\\]", name):
        raise DataError(
            f"the archive {printable(str(archive))} is refused",
            why=f"its member {printable(name)!r} points outside the archive",
            remedy="unpack it with a tool you trust, look at it, and give the folder",
        )
    if count > MEMBER_LIMIT:
        raise DataError(
            f"the archive {printable(str(archive))} is refused",
            why=f"it has more than {MEMBER_LIMIT:,} members",
        )


def damaged(archive: Path | str, error: Exception) -> DataError:
    """Create the error for an unreadable archive."""
    why = (isinstance(error, OSError) and error.strerror) or str(error) or type(error).__name__
    return DataError(
        f"cannot read the archive {printable(str(archive))}",
        why=why,
        remedy="fetch it again, or unpack it and give the folder",
    )


def failing(error: PictureError) -> Load:
    """Return a `load` that raises the error of an unreadable picture."""

    def load() -> NoReturn:
        raise error

    return load
