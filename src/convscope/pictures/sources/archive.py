"""Checks and errors that all archives share; members are read in place and never unpacked to the disk."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NoReturn

from convscope.common.printable import printable
from convscope.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    from convscope.errors import PictureError
    from convscope.pictures.sources.source import Load

MEMBER_LIMIT = 2_000_000
ABSOLUTE = re.compile(r"[/\\]|[A-Za-z]:[/\\]")


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
