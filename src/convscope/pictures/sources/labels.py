"""Labels in tables and shards, and the class that each of them means."""

from __future__ import annotations

import math
import re
from collections import Counter
from typing import TYPE_CHECKING

from convscope.common.printable import printable
from convscope.errors import DataError
from convscope.pictures.naming import class_name, from_bytes
from convscope.pictures.sources.left_out import some

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

NO_LABEL = "-1"
"""The value for a picture without a label in Hugging Face's `datasets` and others."""

_WHOLE = re.compile(r"-?[0-9]+")
_SEPARATORS = re.compile(r"[;|,]")


def label_text(value: object, where: str) -> str | None:
    """Return a label as text, or None if there is none.

    Missing values (None, NaN, an empty text) are not labels. Whole floats, to which pandas converts integer
    columns with missing values, are integers. Bytes are UTF-8, or else Windows-1252.

    Args:
        value: A cell's value.
        where: Position of the cell, for errors.

    Raises:
        DataError: It is blank, a number with a fraction, or more than one value.

    Example:
        >>> [label_text(value, "row 1") for value in ("cat", 3.0, float("nan"), b"dog", None)]
        ['cat', '3', None, 'dog', None]
    """
    if value is None or value == "" or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, list | tuple | dict | set):
        raise DataError(
            f"{where}: its label is a list of values",
            why="a picture has one class here",
            remedy="keep one of them, or give a CSV or Parquet table, which may hold several labels",
        )
    if isinstance(value, float):
        if not value.is_integer():
            raise DataError(
                f"{where}: its label is the number {value:g}",
                why="a classifier learns classes, not quantities",
                remedy="give the names or whole numbers of classes",
            )
        value = int(value)
    text = value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else str(value)
    name = class_name(text)
    if not name:
        raise DataError(
            f"{where}: its label is blank", remedy="give the class a name with at least one letter"
        )
    return name


def without_no_label(labels: Sequence[str | None]) -> list[str | None]:
    """Interpret -1 as no label if all labels are whole numbers, unless -1 and 1 are the two classes.

    Example:
        >>> without_no_label(["0", "1", "-1"]), without_no_label(["-1", "1"])
        (['0', '1', None], ['-1', '1'])
    """
    kinds = {label for label in labels if label is not None}
    means_none = NO_LABEL in kinds and kinds != {"-1", "1"} and all(map(_WHOLE.fullmatch, kinds))
    return [None if means_none and label == NO_LABEL else label for label in labels]


def joined_labels(classes: Iterable[str]) -> tuple[str, ...]:
    """Return a note if labels such as `red;round` seem to join several classes.

    Example:
        >>> joined_labels(["red", "round", "red;round"])
        ("several labels in one ('red;round') are learned as a class of their own; a table's are learned as \
several with --multi-label",)
    """
    joined = seem_joined(classes, _SEPARATORS)
    if not joined:
        return ()
    named = some(repr(name) for name in joined)
    own = f"several labels in one ({named}) are learned as a class of their own"
    return (f"{own}; a table's are learned as several with --multi-label",)


def seem_joined(texts: Iterable[str], separators: re.Pattern[str]) -> list[str]:
    """Return the texts that seem to join several labels: one of their parts occurs elsewhere, too."""
    pieces = {text: [piece.strip() for piece in separators.split(text)] for text in set(texts)}
    seen = Counter(piece for parts in pieces.values() for piece in parts)
    return sorted(
        text for text, parts in pieces.items() if len(parts) > 1 and any(seen[piece] > 1 for piece in parts)
    )


def escaped_bytes(texts: Iterable[str]) -> tuple[str, ...]:
    """Return a note if labels contain bytes that are not UTF-8, with the decoded text."""
    odd = sorted({text for text in texts if not _is_utf_8(text)})
    if not odd:
        return ()
    named = some(printable(from_bytes(text)) for text in odd)
    return (f"text that is no UTF-8 is read as Windows-1252 ({named}); save it as UTF-8 if that is wrong",)


def _is_utf_8(text: str) -> bool:
    return not any("\udc80" <= letter <= "\udcff" for letter in text)
