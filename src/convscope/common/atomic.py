"""Files that appear whole or not at all."""

import os
import secrets
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from convscope.errors import ConvscopeError

_BESIDE = ".convscope-"


@contextmanager
def replacing(path: Path) -> Generator[IO[bytes]]:
    """Open a new file that takes the place of `path` once everything in it is on the disk.

    Whoever reads `path` meanwhile finds what was there before; if anything goes wrong, that stays.

    Args:
        path: Where the file shall be in the end; its folder must exist.

    Yields:
        The new file, open for writing bytes.

    Raises:
        ConvscopeError: The file cannot be written, because the disk is full or the folder is read-only, say.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> with replacing(folder / "classes.txt") as file:
        ...     _ = file.write(b"cat dog")
        >>> [(entry.name, entry.read_text()) for entry in folder.iterdir()]
        [('classes.txt', 'cat dog')]
    """
    beside = path.with_name(f"{_BESIDE}{secrets.token_hex(8)}")
    try:
        with beside.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
        _settle(path.parent)
    except OSError as error:
        raise ConvscopeError(
            f"cannot write {path}",
            why=error.strerror or str(error),
            remedy="make room, or choose a folder you may write to",
        ) from error
    finally:
        with suppress(OSError):  # it has moved, or could not even be made
            beside.unlink()


def sweep(folder: Path) -> None:
    """Remove from a folder what processes left there that were killed inside `replacing`."""
    for leftover in folder.glob(f"{_BESIDE}*"):
        if leftover.is_file():
            leftover.unlink(missing_ok=True)


def _settle(folder: Path) -> None:
    """Bring a folder's list of files to the disk, so that a power cut does not bring the old file back."""
    with suppress(OSError):  # not every file system can do this for a folder, and the file itself is safe
        place = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(place)
        finally:
            os.close(place)
