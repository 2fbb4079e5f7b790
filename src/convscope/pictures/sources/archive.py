"""What archives have in common: members are read where they are, and nothing is ever unpacked to the disk."""

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
    """Check one member's name, and that there are not too many of them.

    Raises:
        DataError: If it is absolute or leads out of the archive, or is one too many. Nothing would happen, as
            nothing is unpacked; but who packs such names means harm.
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
    """Make the error for an archive that cannot be read."""
    why = (isinstance(error, OSError) and error.strerror) or str(error) or type(error).__name__
    return DataError(
        f"cannot read the archive {printable(str(archive))}",
        why=why,
        remedy="fetch it again, or unpack it and give the folder",
    )


def failing(error: PictureError) -> Load:
    """Return a load that tells of a picture which cannot be read."""

    def load() -> NoReturn:
        raise error

    return load
