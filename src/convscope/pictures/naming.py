"""Names of classes and files: how they are matched and ordered."""

from __future__ import annotations

import re
import unicodedata
from contextlib import suppress

from convscope.common.printable import printable


def class_name(text: str) -> str:
    r"""Return a class's name as it is matched and shown, wherever it comes from.

    Accents are composed, as file systems and archives differ in writing an accent as one letter or as two;
    spaces around the name are dropped; bytes that are no UTF-8, which Python keeps as lone surrogates, are
    read as Windows-1252; and nothing is left that cannot be printed.

    Example:
        >>> class_name(" Kafer".replace("a", "a\u0308")) == class_name("Käfer")
        True
        >>> class_name("caf\udce9")
        'café'
    """
    return printable(unicodedata.normalize("NFC", from_bytes(text)).strip())


def from_bytes(text: str) -> str:
    r"""Read the bytes in a text that are no UTF-8, kept as lone surrogates, as Windows-1252.

    Example:
        >>> from_bytes("caf\udce9")
        'café'
    """
    try:
        raw = text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # a surrogate that stands for no byte
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
    # A run of digits is compared by length and then by letters: that is its value, however long it is.
    key = tuple(
        (len(digits := piece.lstrip("0")), digits) if place % 2 else piece
        for place, piece in enumerate(pieces)
    )
    return key, text
