"""Chunks of a PNG that say nothing about its pixels."""

from __future__ import annotations

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PROFILES = frozenset((b"iCCP", b"zTXt", b"iTXt", b"tEXt"))


def without_profiles(encoded: bytes) -> bytes | None:
    """Return a PNG without colour profile and texts, which Pillow limits to 1 MB; None if it is not a PNG.

    Example:
        >>> without_profiles(SIGNATURE + bytes(4) + b"tEXt" + bytes(4) + bytes(4) + b"IEND" + bytes(4))[12:16]
        b'IEND'
    """
    if not encoded.startswith(SIGNATURE):
        return None
    kept = [SIGNATURE]
    start = len(SIGNATURE)
    while start < len(encoded):
        end = start + 12 + int.from_bytes(encoded[start : start + 4], "big")
        if encoded[start + 4 : start + 8] not in _PROFILES:
            kept.append(encoded[start:end])
        start = end
    return b"".join(kept)
