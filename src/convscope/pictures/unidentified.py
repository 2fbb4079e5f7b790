"""Why a file is not read as a picture, judging by how it starts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from convscope.pictures.tiff_tags import describe_tiff

if TYPE_CHECKING:
    from collections.abc import Sequence

_HEIC = re.compile(rb"....ftyp(heic|heix|hevc|mif1|msf1|heim)", re.DOTALL)
_STARTS = {
    "JPEG": re.compile(rb"\xff\xd8\xff"),
    "PNG": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "GIF": re.compile(rb"GIF8"),
    "TIFF": re.compile(rb"II[*+]\0|MM\0[*+]"),
    "WebP": re.compile(rb"RIFF....WEBP", re.DOTALL),
}
_SPELLING = {"WEBP": "WebP", "HEIF": "HEIC"}


def why_unidentified(encoded: bytes, formats: Sequence[str]) -> tuple[str, str]:
    r"""Return why Pillow does not know a file, and what to do about it, if anything.

    Args:
        encoded: The file, not empty.
        formats: Pillow's names of the formats that are read.

    Example:
        >>> why_unidentified(b"\x89PNG\r\n\x1a\n" + bytes(4), ["JPEG", "PNG"])
        ('it is a PNG picture, damaged or cut short near its start', '')
        >>> why_unidentified(b"text", ["JPEG", "PNG"])
        ('its content is not a JPEG or PNG picture', '')
    """
    kind = describe_tiff(encoded)
    if kind:
        return f"it is a TIFF of {kind}, which is not read", "save it as PNG, or as TIFF of 8 or 16 bits"
    if _HEIC.match(encoded):
        return "it is a HEIC picture", "pip install 'convscope[heic]', or save it as JPEG"
    known = next((name for name, start in _STARTS.items() if start.match(encoded)), None)
    if known:
        return f"it is a {known} picture, damaged or cut short near its start", ""
    *others, last = (_SPELLING.get(name, name) for name in formats)
    return f"its content is not a {', '.join(others)} or {last} picture", ""
