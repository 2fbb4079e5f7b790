"""Locks: only one process at a time uses a folder.

On systems with flock(2), the lock is on the folder itself: no file is written, and the system releases it
whenever the process ends, however it ends. File systems that cannot lock folders (NFS, for example) are used
without a lock. On Windows, which cannot lock folders either, the lock is a file in the temporary folder,
named after the folder's path.

Source: https://man7.org/linux/man-pages/man2/flock.2.html
"""

import errno
import hashlib
import os
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

_CANNOT_LOCK = {errno.EBADF, errno.EINVAL, errno.ENOLCK, errno.ENOTSUP}


@contextmanager
def locked(folder: Path, *, wait: bool = False) -> Generator[int | None]:
    """Hold the lock of a folder.

    Args:
        folder: The folder, which must exist. It may be moved or removed in the meantime.
        wait: Whether to wait until the lock is free.

    Yields:
        The file descriptor that holds the lock: a child process that inherits it holds the lock, too. None on
        Windows, where that is not possible.

    Raises:
        BlockingIOError: The lock is not free, and `wait` is false.
        OSError: The folder cannot be opened.

    Example:
        >>> with tempfile.TemporaryDirectory() as folder, locked(Path(folder)), locked(Path(folder)):
        ...     pass
        Traceback (most recent call last):
        BlockingIOError: [Errno 11] Resource temporarily unavailable
    """
    if find_spec("fcntl") is None:
        with _lock_file(folder, wait=wait):
            yield None
        return
    descriptor = os.open(folder, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))
    try:
        _flock(descriptor, wait=wait)
        yield descriptor
    finally:
        os.close(descriptor)


def _flock(descriptor: int, *, wait: bool) -> None:
    if sys.platform == "win32":  # never called there; for type checkers
        return
    import fcntl  # noqa: PLC0415 - Windows has no such module

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError as error:
        if error.errno not in _CANNOT_LOCK:
            raise


@contextmanager
def _lock_file(folder: Path, *, wait: bool) -> Generator[None]:
    from filelock import FileLock, Timeout  # noqa: PLC0415 - needed on Windows only

    with os.scandir(folder):  # an error if it does not exist or is not a folder
        name = hashlib.sha256(os.fsencode(os.path.normcase(folder.resolve()))).hexdigest()
    locks = Path(tempfile.gettempdir(), "convscope-locks")
    locks.mkdir(exist_ok=True)
    lock = FileLock(locks / f"{name}.lock")
    try:
        lock.acquire(timeout=-1 if wait else 0)
    except Timeout:
        raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN)) from None
    try:
        yield
    finally:
        lock.release()
