"""Disk space that is reserved before a file is mapped into memory."""

from __future__ import annotations

import os
from typing import IO

_CHUNK = 2**24


def reserve(file: IO[bytes], size: int) -> None:
    """Give an empty file its size and its space on the disk, so that a full disk is an error here.

    In mapped memory a full disk would be a bus error, which ends the process.

    Args:
        file: Open for writing, and empty.
        size: Bytes.

    Raises:
        OSError: There is not enough space.
    """
    allocate = getattr(os, "posix_fallocate", None)  # neither macOS nor Windows has it
    if allocate is not None and size:
        allocate(file.fileno(), 0, size)
        return
    zeros = memoryview(bytes(min(size, _CHUNK)))
    for start in range(0, size, _CHUNK):
        file.write(zeros[: size - start])
    file.flush()
