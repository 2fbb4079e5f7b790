"""Folders that one process at a time works in.

The lock is flock(2) on the folder itself: nothing is written for it, and the system lets go of it when the
process ends, however it ends. File systems that cannot lock folders (NFS, for example) are used unlocked.

Source: https://man7.org/linux/man-pages/man2/flock.2.html
"""

import errno
import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

_CANNOT_LOCK = {errno.EBADF, errno.EINVAL, errno.ENOLCK, errno.ENOTSUP}


@contextmanager
def locked(folder: Path, *, wait: bool = False) -> Generator[int]:
    """Hold the lock of a folder.

    Args:
        folder: It must exist; it may be moved or removed meanwhile.
        wait: Whether to wait for whoever holds the lock.

    Yields:
        The file descriptor that holds the lock: a child process that inherits it holds the lock, too.

    Raises:
        BlockingIOError: Another holds it, and `wait` is false.
        OSError: The folder cannot be opened.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder, locked(Path(folder)), locked(Path(folder)):
        ...     pass
        Traceback (most recent call last):
        BlockingIOError: [Errno 11] Resource temporarily unavailable
    """
    place = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        _lock(place, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield place
    finally:
        os.close(place)


def _lock(place: int, operation: int) -> None:
    try:
        fcntl.flock(place, operation)
    except OSError as error:
        if error.errno not in _CANNOT_LOCK:
            raise
