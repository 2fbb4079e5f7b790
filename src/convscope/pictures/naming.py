"""Names of classes and files: how they are matched and ordered."""

from __future__ import annotations

import re
import unicodedata

from convscope.common.printable import printable


def class_name(text: str) -> str:
    r"""Return a class's name as it is matched and shown: accents composed, nothing that cannot be printed.

    File systems and archives differ in how they write an accent, as one letter or as two.

    Example:
        >>> class_name("Kafer".replace("a", "a\u0308")) == class_name("Käfer")
        True
    """
    return printable(unicodedata.normalize("NFC", text))


def natural_order(text: str) -> tuple[tuple[str | tuple[int, str], ...], str]:
    """Return a sorting key that puts "2" before "10" and takes no notice of case.

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
