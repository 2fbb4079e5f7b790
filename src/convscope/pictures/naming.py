"""Names: how they are shown and how they are ordered."""

from __future__ import annotations

import re
import unicodedata


def printable(text: str) -> str:
    r"""Returns text that any terminal, JSON file or error line can hold.

    Control characters and line breaks are written as escapes, and so are the bytes of a file name that are
    not UTF-8. Letters with accents are composed, as file systems and archives differ in that.

    Example:
        >>> print(printable("two\nlines"), printable("caf\udce9"))
        two\nlines caf\udce9
    """
    if text.isascii() and text.isprintable():
        return text
    whole = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return "".join(_visible(letter) for letter in unicodedata.normalize("NFC", whole))


def _visible(letter: str) -> str:
    hidden = unicodedata.category(letter) in {"Cc", "Zl", "Zp"}
    return letter.encode("unicode_escape").decode("ascii") if hidden else letter


def natural_order(text: str) -> tuple[tuple[str | tuple[int, str], ...], str]:
    """Returns a sorting key that puts "2" before "10" and takes no notice of case.

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
