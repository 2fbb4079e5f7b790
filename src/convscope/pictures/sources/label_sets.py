"""Several labels per picture in tables: a column of texts like `red;round`, or columns of 0/1.

Detected automatically: columns of 0 and 1 if there is no column of labels, cells that are lists, and cells
with `;` or `|` whose parts occur in other cells, too. A comma alone is not enough, because names contain
commas ("tench, Tinca tinca"): in this case, a note explains how to request several labels.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from convscope.errors import DataError
from convscope.pictures.naming import class_name
from convscope.pictures.sources.labels import label_text, seem_joined
from convscope.pictures.sources.left_out import counted
from convscope.pictures.target import in_natural_order, joined

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

SEPARATORS = ";|,"
"""Possible separators of labels; a table uses the first of them that occurs."""

LabelSet = tuple[str, ...]


def seem_several(cells: Iterable[object]) -> bool:
    """Whether the cells of a column clearly contain several labels.

    Example:
        >>> seem_several(["red;round", "red", ""]), seem_several(["red, dark", "red"]), seem_several([["a"]])
        (True, False, True)
    """
    known = list(cells)
    if any(isinstance(cell, list | tuple | set) for cell in known):
        return True
    return bool(seem_joined((cell for cell in known if isinstance(cell, str)), re.compile("[;|]")))


def separator_of(cells: Iterable[object]) -> str | None:
    """Return the separator of labels in a column; None if no cell contains several.

    Example:
        >>> separator_of(["a|b", "c"]), separator_of(["a", "b"])
        ('|', None)
    """
    texts = [cell for cell in cells if isinstance(cell, str)]
    return next((mark for mark in SEPARATORS if any(mark in text for text in texts)), None)


def label_set(cell: object, separator: str | None, where: str) -> LabelSet | None:
    """Return the labels in a cell; None if the value is missing.

    An empty text or list means that the picture has none of the labels. A missing value (null, NaN; only in
    Parquet, not in CSV) means that the labels are unknown.

    Args:
        cell: A cell's value.
        separator: Separator of labels in a text.
        where: Position of the cell, for errors.

    Raises:
        DataError: A label is blank or a number with a fraction.

    Example:
        >>> [label_set(cell, ";", "row 1") for cell in ("round; red;red", "", None)]
        [('red', 'round'), (), None]
    """
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return None
    if isinstance(cell, str):
        pieces: Sequence[object] = cell.split(separator) if separator else [cell]
        names = [class_name(str(piece)) for piece in pieces]
    else:
        values = cell if isinstance(cell, list | tuple | set) else [cell]
        names = [label_text(value, where) or "" for value in values]
    return in_natural_order(name for name in names if name)


def labels_of_flags(names: Sequence[str], flags: Sequence[bool | None], where: str) -> LabelSet:
    """Return the labels whose columns are true.

    Raises:
        DataError: A cell is neither true nor false.
    """
    for name, is_there in zip(names, flags, strict=True):
        if is_there is None:
            raise DataError(
                f"{where}: the label {class_name(name)!r} is neither 0 nor 1",
                remedy="write 1 if the picture has the label, 0 if not",
            )
    return in_natural_order(class_name(name) for name, is_there in zip(names, flags, strict=True) if is_there)


def sets_in_array(labels: Any, name: str) -> list[LabelSet] | None:  # noqa: ANN401  # whatever people give
    """Return the label sets of labels given as arrays; None if they do not have such a form.

    Args:
        labels: An array (n, labels) of 0 and 1, also as a pandas data frame or a sparse matrix, or a list of
            lists or sets of names.
        name: Their name in errors.

    Raises:
        DataError: An array of this shape contains other values than 0 and 1.

    Example:
        >>> import numpy as np
        >>> sets_in_array(np.array([[1, 0], [1, 1]]), "labels"), sets_in_array([{"red"}, set()], "labels")
        ([('0',), ('0', '1')], [('red',), ()])
    """
    listed = cast("Sequence[Any]", labels) if isinstance(labels, list | tuple) else ()
    if listed and isinstance(listed[0], list | tuple | set | frozenset):
        return [label_set([*one], None, f"{name}[{index}]") or () for index, one in enumerate(listed)]
    names = [str(column) for column in getattr(labels, "columns", ())]
    values = np.asarray(getattr(labels, "toarray", lambda: labels)())
    if values.ndim != 2 or values.shape[1] < 2:
        return None
    if values.dtype.kind not in "biuf" or not np.isin(values, (0, 1)).all():
        raise DataError(
            f"{name}: labels of shape {values.shape} must be 0 and 1",
            why="each column stands for a label, which a picture has or has not",
            remedy="give one class for each picture, or an array of 0 and 1",
        )
    columns = names or [str(place) for place in range(values.shape[1])]
    return [labels_of_flags(columns, row, name) for row in values.astype(bool).tolist()]


def notes_on_sets(sets: Sequence[LabelSet], how: str) -> tuple[str, ...]:
    """Return notes that pictures have several labels, how they were read, and how many have none.

    Example:
        >>> notes_on_sets([("red",), ()], "the columns red, round")[1]
        'pictures with none of the labels: 1'
    """
    count = len({label for labels in sets for label in labels})
    most = max(map(len, sets), default=0)
    none = sum(not labels for labels in sets)
    said = f"several labels per picture, from {how}: {counted(count, 'label')}, up to {most} in one picture"
    one_hot = "each picture has exactly one label: if that is so for all, give one class for each instead"
    return (
        said,
        *([f"pictures with none of the labels: {none:,}"] if none else []),
        *([one_hot] if sets and all(len(labels) == 1 for labels in sets) else []),
    )


def one_text(labels: LabelSet | None) -> str:
    """Return a label set as one text, for lists of pictures."""
    return joined(labels or ())
