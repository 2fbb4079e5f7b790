"""File names of pictures, derived from their content."""

from __future__ import annotations

import hashlib
import re

from convscope.pictures.reading import suffix_of

PICTURE_NAME = re.compile(r"[0-9a-f]{16}\.[a-z0-9]{1,8}")
"""Pattern of the names that `picture_name` returns."""


def picture_digest(data: bytes) -> str:
    """Return the digest of a picture's file, 16 hexadecimal digits: the stem of its name."""
    return hashlib.blake2b(data, digest_size=8).hexdigest()


def picture_name(data: bytes) -> str:
    """Return the file name of a readable picture, derived from its content."""
    return f"{picture_digest(data)}{suffix_of(data)}"
