"""Disk space that is reserved before a file is mapped into memory."""

from __future__ import annotations

import os
from typing import IO

_CHUNK = 2**24


def reserve(file: IO[bytes], size: int) -> None:
    """Allocate disk space for an empty file, so that a full disk is an error here.

    With mapped memory, a full disk would be a bus error, which kills the process.

    Args:
        file: An empty file, open for writing.
        size: Size in bytes.

    Raises:
        OSError: There is not enough space.
    """
    allocate = getattr(os, "posix_fallocate", None)  # not available on macOS and Windows
    if allocate is not None and size:
        allocate(file.fileno(), 0, size)
        return
    zeros = memoryview(bytes(min(size, _CHUNK)))
    for start in range(0, size, _CHUNK):
        file.write(zeros[: size - start])
    file.flush()
