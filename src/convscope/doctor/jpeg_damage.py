"""Find JPEGs with lost data, replaced by zeros, that can still be decoded.

Incomplete downloads and failing disks leave zeros. Decoders continue after them with shifted, discoloured
blocks. Intact data cannot contain long runs of zeros unless the all-zero Huffman codes mean "no change" (DC)
and "the rest of the block is 0" (AC); in the tables of cameras, they mean something else.

Source: ITU-T T.81, "Digital compression and coding of continuous-tone still images", 1992, annexes B, C, K.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_SOI, _EOI = b"\xff\xd8", b"\xff\xd9"
_SEQUENTIAL = {0xC0, 0xC1}
"""Markers of sequential Huffman-coded frames; in progressive ones, zeros may be intact data."""
_TABLES, _SCAN = 0xC4, 0xDA
_LENGTHS = 16
_ZEROS = re.compile(rb"\x00{32,}")


def has_lost_data(encoded: bytes) -> bool:
    """Whether a JPEG's coded data contain zeros that no encoder can have written.

    Args:
        encoded: The bytes of a file; the result is false if it is not a JPEG.

    Example:
        >>> has_lost_data(b"no JPEG")
        False
    """
    if not encoded.startswith(_SOI):
        return False
    is_sequential, first_symbols = False, set[int]()
    for marker, start, end in _segments(encoded):
        if marker in _SEQUENTIAL:
            is_sequential = True
        elif marker == _TABLES:
            first_symbols |= set(_first_symbols(encoded[start:end]))
        elif marker == _SCAN:
            stop = encoded.find(_EOI, end)
            zeros = _ZEROS.search(encoded, end, stop if stop >= 0 else len(encoded))
            return is_sequential and bool(zeros) and first_symbols != {0}
    return False


def _segments(encoded: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield marker, start and end of each segment up to the first scan."""
    at = len(_SOI)
    while at + 4 <= len(encoded) and encoded[at] == 0xFF:
        marker = encoded[at + 1]
        if marker == 0xFF:  # padding
            at += 1
            continue
        end = at + 2 + int.from_bytes(encoded[at + 2 : at + 4])
        yield marker, at + 4, end
        if marker == _SCAN:
            return
        at = end


def _first_symbols(tables: bytes) -> Iterator[int]:
    """Yield the symbol of the all-zero code in each Huffman table of a segment."""
    at = 0
    while at + 1 + _LENGTHS < len(tables):
        count = sum(tables[at + 1 : at + 1 + _LENGTHS])
        yield tables[at + 1 + _LENGTHS]
        at += 1 + _LENGTHS + count
