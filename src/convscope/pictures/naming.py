"""Names of classes and files: how they are matched and ordered."""

from __future__ import annotations

import re
import unicodedata
from contextlib import suppress

from convscope.common.printable import printable


def class_name(text: str) -> str:
    r"""Return the normalised name of a class, for matching and display.

    Unicode is composed (NFC), because file systems and archives differ in this; surrounding spaces are
    stripped; bytes that are not UTF-8, which Python keeps as lone surrogates, are decoded as Windows-1252;
    and unprintable characters are removed.

    Example:
        >>> class_name(" Kafer".replace("a", "a\u0308")) == class_name("Käfer")
        True
        >>> class_name("caf\udce9")
        'café'
    """
    return printable(unicodedata.normalize("NFC", from_bytes(text)).strip())


def from_bytes(text: str) -> str:
    r"""Decode bytes that are not UTF-8, kept as lone surrogates, as Windows-1252.

    Example:
        >>> from_bytes("caf\udce9")
        'café'
    """
    try:
        raw = text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # a surrogate that represents no byte
        return text
    for encoding in ("utf-8", "cp1252"):
        with suppress(UnicodeDecodeError):
            return raw.decode(encoding)
    return raw.decode("latin-1")


def natural_order(text: str) -> tuple[tuple[str | tuple[int, str], ...], str]:
    """Return a sorting key that puts "2" before "10" and ignores case.

    Example:
        >>> sorted(["10", "b", "2", "A"], key=natural_order)
        ['2', '10', 'A', 'b']
    """
    pieces = re.split("([0-9]+)", text.casefold())
    # Digits are compared by length, then by characters: this is the order of values, for any length.
    key = tuple(
        (len(digits := piece.lstrip("0")), digits) if place % 2 else piece
        for place, piece in enumerate(pieces)
    )
    return key, text
