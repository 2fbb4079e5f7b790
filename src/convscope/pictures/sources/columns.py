"""Which columns of a table hold the paths or pictures, their labels and their parts, by common names."""

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
PARTS = (SPLIT, "part", "set", "subset", "partition")


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a table that are used.

    Attributes:
        pictures: Of paths or encoded pictures.
        labels: Of labels.
        parts: Of parts, if there is one.
        ignored: The others.
    """

    pictures: str
    labels: str
    parts: str | None
    ignored: tuple[str, ...]

    def notes(self) -> tuple[str, ...]:
        """Say which columns are used where there are others."""
        if not self.ignored:
            return ()
        used = ", ".join(printable(name.strip()) for name in (self.pictures, self.labels, self.parts) if name)
        return (f"columns used: {used}; ignored: {some(name.strip() for name in self.ignored)}",)


def find_columns(
    names: Sequence[str], shown: str, pictures: Sequence[str] = PATHS, kind: str = "paths"
) -> Columns:
    """Find the columns by their names, in any case.

    Args:
        names: The names of all columns.
        shown: What to call the table in errors.
        pictures: Names of the column of paths or pictures, the preferred one first.
        kind: What is in that column.

    Raises:
        DataError: There is none of pictures, or none of labels.
    """
    by_name: Mapping[str, str] = {name.strip().lower(): name for name in reversed(names)}
    found: list[str] = []
    for what, wanted in ((kind, pictures), ("labels", LABELS)):
        column = next((by_name[name] for name in wanted if name in by_name), None)
        if column is None:
            raise DataError(
                f"{shown} has no column of {what}",
                why=f"its columns are {', '.join(map(printable, names)) or 'none'}",
                remedy=f"name the column {wanted[0]!r}",
            )
        found.append(column)
    parts = next((by_name[name] for name in PARTS if name in by_name), None)
    ignored = tuple(name for name in names if name not in {*found, parts})
    return Columns(found[0], found[1], parts, ignored)


def part_in(cell: str, column: str, where: str) -> Part:
    """Return the part that a cell names.

    Raises:
        DataError: It names none.
    """
    part = part_named(cell)
    if part is None:
        raise DataError(
            f"{where}: {printable(cell)!r} is not a part",
            why=f"the column {column.strip()!r} says which pictures are for training, validation and test",
            remedy="write train, validation or test, or rename the column",
        )
    return part
