"""Explain why a file is not a supported picture, by its first bytes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from convscope.pictures.tiff_tags import describe_tiff

if TYPE_CHECKING:
    from collections.abc import Sequence

_SAVE = "save it as PNG or JPEG"
_HEIC = re.compile(rb"....ftyp(heic|heix|hevc|mif1|msf1|heim)", re.DOTALL)
_STARTS = {
    "JPEG": re.compile(rb"\xff\xd8\xff"),
    "PNG": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "GIF": re.compile(rb"GIF8"),
    "TIFF": re.compile(rb"II[*+]\0|MM\0[*+]"),
    "WebP": re.compile(rb"RIFF....WEBP", re.DOTALL),
}
_OTHERS = {
    "a Git LFS pointer": (re.compile(rb"version https://git-lfs"), "fetch the pictures with `git lfs pull`"),
    "a web page": (re.compile(rb"\s*<(!doctype html|html)", re.IGNORECASE), "download the picture again"),
    "an SVG drawing": (re.compile(rb"\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)?<svg", re.DOTALL), _SAVE),
    "a JPEG 2000 picture": (re.compile(rb"\0\0\0\x0cjP  |\xff\x4f\xff\x51"), _SAVE),
    "a PDF document": (re.compile(rb"%PDF"), _SAVE),
    "an icon file": (re.compile(rb"\0\0\x01\0"), _SAVE),
    "a PNM picture": (re.compile(rb"P[1-6]\s"), _SAVE),
    "a Photoshop document": (re.compile(rb"8BPS"), _SAVE),
}
"""Files that are not pictures: their first bytes, and the remedy."""
_SPELLING = {"WEBP": "WebP", "HEIF": "HEIC"}


def why_unidentified(encoded: bytes, formats: Sequence[str]) -> tuple[str, str]:
    r"""Return why Pillow does not support a file, and the remedy, if any.

    Args:
        encoded: The file, not empty.
        formats: Pillow's names of the supported formats.

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
    for name, (start, remedy) in _OTHERS.items():
        if start.match(encoded):
            return f"it is {name}", remedy
    *others, last = (_SPELLING.get(name, name) for name in formats)
    return f"its content is not a {', '.join(others)} or {last} picture", ""
