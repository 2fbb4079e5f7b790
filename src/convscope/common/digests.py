"""Digests of content."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def digest_of(facts: object, data: Iterable[bytes | memoryview] = ()) -> str:
    """Return a digest of facts that are equal if they are written alike, and of more data, in hexadecimal.

    Example:
        >>> digest_of(("a.tar", 1024))
        '5f4d99e2af37341b98e2de919bda1547'
        >>> digest_of(("a.tar", 1024)) == digest_of(("a.tar", 2048))
        False
    """
    digest = hashlib.blake2b(repr(facts).encode(), digest_size=16)
    for piece in data:
        digest.update(piece)
    return digest.hexdigest()
