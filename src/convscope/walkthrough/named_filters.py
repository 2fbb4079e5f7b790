"""Well-known filters of image processing, and the notation of others."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

import numpy as np

from convscope.common.printable import printable
from convscope.errors import SettingError
from convscope.network.notation import MAX_CELLS

if TYPE_CHECKING:
    from convscope.steps.arrays import Array

NAMED_FILTERS = {
    "identity": "0 0 0 / 0 1 0 / 0 0 0",
    "sharpen": "0 -1 0 / -1 5 -1 / 0 -1 0",
    "blur": "1/16 2/16 1/16 / 2/16 4/16 2/16 / 1/16 2/16 1/16",
    "emboss": "-2 -1 0 / -1 1 1 / 0 1 2",
    "edge-enhance": "0 0 0 / -1 1 0 / 0 0 0",
    "outline": "-1 -1 -1 / -1 8 -1 / -1 -1 -1",
    "sobel-x": "-1 0 1 / -2 0 2 / -1 0 1",
    "sobel-y": "-1 -2 -1 / 0 0 0 / 1 2 1",
}
"""Rows by name. The Sobel filters detect vertical edges (x) and horizontal edges (y)."""

_ROW_END = re.compile(r"\s+/\s+|\s*[;\n]\s*")


def parse_filter(text: str) -> Array:
    """Read a filter: a name in `NAMED_FILTERS`, or rows of numbers separated by ` / `.

    Numbers may be fractions, `1/16`, so the slash between rows needs a space on each side.

    Raises:
        SettingError: The text is neither a known name nor valid rows.

    Example:
        >>> parse_filter("0 -1 0 / -1 5 -1 / 0 -1 0").tolist() == parse_filter("sharpen").tolist()
        True
        >>> parse_filter("blur")[0].tolist()
        [0.0625, 0.125, 0.0625]
    """
    rows = [row.split() for row in _ROW_END.split(NAMED_FILTERS.get(text, text).strip())]
    width = len(rows[0])
    try:
        numbers = [[_number(word) for word in row] for row in rows]
    except ValueError as error:
        raise _unreadable(text, str(error)) from error
    if not width or any(len(row) != width for row in rows):
        raise _unreadable(text, "its rows have different lengths")
    if max(len(rows), width) > MAX_CELLS:
        raise _unreadable(text, f"a side has more than {MAX_CELLS} cells")
    return np.array(numbers)


def _number(word: str) -> float:
    numerator, _, denominator = word.partition("/")
    try:
        number = float(numerator) / float(denominator or 1)
    except (ValueError, ZeroDivisionError):
        number = math.nan
    if not abs(number) <= np.finfo(np.float32).max:
        raise ValueError(f"{printable(word)[:20]!r} is not a number")
    return number


def _unreadable(text: str, why: str) -> SettingError:
    return SettingError(
        f"cannot read the filter {printable(text)[:80]!r}",
        why=why,
        remedy=f"name one of {', '.join(NAMED_FILTERS)}, or give rows such as '0 -1 0 / -1 5 -1 / 0 -1 0'",
    )
