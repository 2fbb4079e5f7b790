"""Find the columns of a table with paths or pictures, labels, parts and groups, by common names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from convscope.common.printable import printable
from convscope.errors import DataError
from convscope.pictures.sources.left_out import some
from convscope.pictures.sources.source import Part, part_named

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PATHS = (
    *("path", "file", "filename", "file_name", "filepath", "file_path"),
    *("image", "image_path", "image_name", "image_file", "img", "img_path", "picture"),
)
PICTURES = ("image", "img", "picture", "image_bytes", "jpg", "png", "bytes")
LABELS = ("label", "labels", "class", "class_name", "category", "target")
SPLIT = "split"
_NAMELESS = "a column without a name"
PARTS = (SPLIT, "part", "set", "subset", "partition")
GROUPS = (
    *("group", "group_id", "scene", "scene_id", "video", "video_id", "sequence", "series"),
    *("patient", "patient_id", "subject", "subject_id", "person", "person_id"),
)


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a table that are used.

    Attributes:
        pictures: Column of paths or encoded pictures.
        labels: Column of labels; empty if `flags` hold them.
        parts: Column of parts, if any.
        groups: Column of groups that must stay on one side of a split, if any.
        ignored: All other columns.
        flags: Columns of 0 and 1, one for each of several labels.
    """

    pictures: str
    labels: str
    parts: str | None
    groups: str | None
    ignored: tuple[str, ...]
    flags: tuple[str, ...] = ()

    def notes(self) -> tuple[str, ...]:
        """Return notes on the columns used, if there are others."""
        if not self.ignored and not self.groups:
            return ()
        columns = (self.pictures, self.labels, *self.flags, self.parts, self.groups)
        used = ", ".join(printable(name.strip()) for name in columns if name)
        if not self.ignored:
            return (f"columns used: {used}",)
        return (f"columns used: {used}; ignored: {some(name.strip() or _NAMELESS for name in self.ignored)}",)


def find_columns(
    names: Sequence[str],
    shown: str,
    pictures: Sequence[str] = PATHS,
    kind: str = "paths",
    flags: Sequence[str] = (),
) -> Columns:
    """Find the columns by their names, in any case.

    Args:
        names: The names of all columns.
        shown: Name of the table in errors.
        pictures: Accepted names of the column of paths or pictures, the preferred one first.
        kind: The content of that column, for errors.
        flags: Columns of 0 and 1; two or more are labels if there is no column of labels.

    Raises:
        DataError: There is no column of pictures, or none of labels.
    """
    by_name: Mapping[str, str] = {name.strip().lower(): name for name in reversed(names)}
    parts, groups = (
        next((by_name[name] for name in wanted if name in by_name), None) for wanted in (PARTS, GROUPS)
    )
    found: list[str] = []
    for what, wanted in ((kind, pictures), ("labels", LABELS)):
        column = next((by_name[name] for name in wanted if name in by_name), None)
        used = (*found, parts, groups)
        each = tuple(name for name in flags if name not in used and name.strip())
        if column is None and what == "labels" and len(each) > 1:
            ignored = tuple(name for name in names if name not in {*used, *each})
            return Columns(found[0], "", parts, groups, ignored, each)
        if column is None:
            raise DataError(
                f"{shown} has no column of {what}",
                why=f"its columns are {', '.join(map(printable, names)) or 'none'}",
                remedy=f"name the column {wanted[0]!r}{_separators(names)}",
            )
        if names.count(column) > 1:
            raise DataError(
                f"{shown} has {names.count(column)} columns {printable(column)!r}",
                why=f"it is not clear which of them holds the {what}",
                remedy="rename or remove the others",
            )
        found.append(column)
    ignored = tuple(name for name in names if name not in {*found, parts, groups})
    return Columns(found[0], found[1], parts, groups, ignored)


def _separators(names: Sequence[str]) -> str:
    """Return a hint at the separator, if one name seems to be those of several columns."""
    are_joined = len(names) == 1 and not names[0].strip().isidentifier()
    return "; commas, semicolons or tabs separate columns" if are_joined else ""


def group_in(cell: object) -> str | None:
    """Return the group in a cell; None if the cell is empty.

    Example:
        >>> group_in(" 17 "), group_in(17), group_in(17.0), group_in(float("nan")), group_in("")
        ('17', '17', '17', None, None)
    """
    if cell is None or cell != cell:  # noqa: PLR0124  # NaN
        return None
    whole = int(cell) if isinstance(cell, float) and cell.is_integer() else cell
    return str(whole).strip() or None


def part_in(cell: str, column: str, where: str) -> Part:
    """Return the part in a cell.

    Raises:
        DataError: The cell does not name a part.
    """
    part = part_named(cell)
    if part is None:
        raise DataError(
            f"{where}: {printable(cell)!r} is not a part",
            why=f"the column {column.strip()!r} says which pictures are for training, validation and test",
            remedy="write train, validation or test, or rename the column",
        )
    return part
