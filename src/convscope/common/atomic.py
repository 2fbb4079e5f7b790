"""Files that are written atomically."""

import os
import secrets
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from convscope.errors import ConvscopeError

_PREFIX = ".convscope-"
_TRIES, _WAIT_SECONDS = 20, 0.1
_IN_USE = (5, 32, 33)
"""Windows's ERROR_ACCESS_DENIED, ERROR_SHARING_VIOLATION and ERROR_LOCK_VIOLATION."""


@contextmanager
def replacing(path: Path) -> Generator[IO[bytes]]:
    """Open a new file that replaces `path` once all of its data is on the disk.

    Until then, readers of `path` see the previous file; if anything goes wrong, it is kept.

    Args:
        path: The final path; its folder must exist.

    Yields:
        The new file, open for writing bytes.

    Raises:
        ConvscopeError: The file cannot be written: the disk is full or the folder is read-only, for example.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> with replacing(folder / "classes.txt") as file:
        ...     _ = file.write(b"cat dog")
        >>> [(entry.name, entry.read_text()) for entry in folder.iterdir()]
        [('classes.txt', 'cat dog')]
    """
    new = path.with_name(f"{_PREFIX}{secrets.token_hex(8)}")
    try:
        with new.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        _replace(new, path)
        _sync_folder(path.parent)
    except OSError as error:
        raise ConvscopeError(
            f"cannot write {path}",
            why=_cause(error),
            remedy="close the programs that have it open"
            if _is_in_use(error)
            else "free some disk space, or choose a folder you may write to",
        ) from error
    finally:
        with suppress(OSError):  # already renamed, or never created
            new.unlink()


def sweep(folder: Path) -> None:
    """Remove files from a folder that were left by processes killed inside `replacing`."""
    for leftover in folder.glob(f"{_PREFIX}*"):
        if leftover.is_file():
            leftover.unlink(missing_ok=True)


def _replace(new: Path, path: Path) -> None:
    """Rename; on Windows, wait for a while until no program has the file open or mapped."""
    for _ in range(_TRIES - 1):
        try:
            new.replace(path)
        except OSError as error:
            if not _is_in_use(error):
                raise
            time.sleep(_WAIT_SECONDS)
        else:
            return
    new.replace(path)


def _is_in_use(error: OSError) -> bool:
    return getattr(error, "winerror", None) in _IN_USE


def _cause(error: OSError) -> str:
    return "another program has it open" if _is_in_use(error) else error.strerror or str(error)


def _sync_folder(folder: Path) -> None:
    """Flush a folder's entries to the disk, so that a power failure does not restore the old file."""
    with suppress(OSError):  # not every system supports this for folders, and the file itself is safe
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
