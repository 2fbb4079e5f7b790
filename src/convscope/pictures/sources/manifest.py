"""A manifest: a table of pictures with the path and the class of each, as CSV or Parquet; written as CSV."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

from convscope.common.atomic import replacing
from convscope.common.printable import printable
from convscope.errors import DataError
from convscope.pictures.naming import class_name
from convscope.pictures.sources.files import FileSource
from convscope.pictures.sources.source import Item, Part, part_named

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from convscope.pictures.sources.source import Source

PATH_COLUMNS = (
    *("path", "file", "filename", "file_name", "filepath", "file_path"),
    *("image", "image_path", "image_name", "image_file", "img", "img_path", "picture"),
)
LABEL_COLUMNS = ("label", "labels", "class", "class_name", "category", "target")
PART_COLUMNS = ("split", "part", "set", "subset", "partition")

Row = tuple[str, tuple[str, ...]]  # where it stands, and its path, label and, where there is one, part


def open_manifest(path: Path) -> FileSource:
    """Open a CSV or Parquet file with a column of paths, one of labels and, if given, one of parts.

    The columns are found by common names, such as `path`, `label` and `split`, in any case. Paths are
    relative to the manifest. Values in a CSV file are separated by commas, semicolons or tabs.

    Raises:
        DataError: If it cannot be read, a column is missing, a label is empty or a part unknown; the message
            names the line or row.
    """
    shown = printable(str(path))
    rows = (
        _parquet_rows(path, shown) if path.suffix.lower() in {".parquet", ".pq"} else _csv_rows(path, shown)
    )
    items: list[Item] = []
    files: list[str] = []
    for place, (file, label, *part) in rows:
        where = f"{shown}, {place}"
        if not file.strip() or not label.strip():
            raise DataError(
                f"{where}: the {'label' if file.strip() else 'path'} is empty", remedy="fill it in"
            )
        items.append(
            Item(printable(file), class_name(label.strip()), _part(part[0], where) if part else None)
        )
        files.append(file)
    if not items:
        raise DataError(f"there are no pictures in {shown}", why="it has a head but no rows")
    return FileSource(printable(path.stem), tuple(items), (), path.parent, tuple(files))


def write_manifest(path: Path, source: Source, labels: Mapping[int, str]) -> None:
    """Write a CSV manifest with the path, label and, where there are parts, split of pictures of a source.

    Paths are relative where the pictures lie below the manifest's folder, so that both may move together.

    Args:
        path: Where to write it.
        source: The pictures.
        labels: Those to list, by their places in the source, with the class to put each under.

    Raises:
        DataError: The pictures are no files of their own, so that no path leads to them.
        ConvscopeError: It cannot be written.
    """
    source = listable(source)
    with_parts = any(item.part for item in source.items)
    text = io.StringIO()
    table = csv.writer(text)  # lines end with CR LF, so that either is quoted in a name
    table.writerow(("path", "label", "split") if with_parts else ("path", "label"))
    here = path.absolute().parent
    for place, label in labels.items():
        whole = (source.folder / source.files[place]).absolute()
        shown = whole.relative_to(here) if whole.is_relative_to(here) else whole
        part = source.items[place].part
        table.writerow((shown, label, part) if with_parts else (shown, label))
    with replacing(path) as written:
        written.write(text.getvalue().encode("utf-8", "surrogateescape"))


def listable(source: Source) -> FileSource:
    """Return a source that there can be a manifest of.

    Raises:
        DataError: Its pictures are no files of their own, so that no path leads to them.
    """
    if isinstance(source, FileSource):
        return source
    raise DataError(
        f"there can be no manifest of {source.name}",
        why="its pictures are no files of their own",
        remedy="unpack them into class folders and look at these",
    )


def _part(text: str, where: str) -> Part:
    part = part_named(text)
    if part is None:
        raise DataError(
            f"{where}: {printable(text)!r} is not a part", remedy="write train, validation or test"
        )
    return part


def _columns(head: Sequence[str], shown: str) -> tuple[str, ...]:
    """Find the columns of paths, labels and parts."""
    found: list[str] = []
    by_name: Mapping[str, str] = {name.strip().lower(): name for name in reversed(head)}
    for kind, names in (("paths", PATH_COLUMNS), ("labels", LABEL_COLUMNS), ("parts", PART_COLUMNS)):
        column = next((by_name[name] for name in names if name in by_name), None)
        if column is None and kind != "parts":
            raise DataError(
                f"{shown} has no column of {kind}",
                why=f"its columns are {', '.join(map(printable, head)) or 'none'}",
                remedy=f"name the column {names[0]!r}",
            )
        found += [] if column is None else [column]
    return tuple(found)


def _csv_rows(path: Path, shown: str) -> Iterator[Row]:
    try:
        # File names need not be UTF-8: what is not comes through as it is.
        with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
            head = file.readline()
            file.seek(0)
            table = csv.DictReader(file, delimiter=max(",;\t", key=head.count), restval="", strict=True)
            columns = _columns(table.fieldnames or [], shown)
            for row in table:
                yield f"line {table.line_num}", tuple(row[column] for column in columns)
    except (OSError, csv.Error) as error:
        raise DataError(f"cannot read the manifest {shown}", why=str(error)) from error


def _parquet_rows(path: Path, shown: str) -> Iterator[Row]:
    import pyarrow as pa  # noqa: PLC0415 - slow to import, and only this source needs it
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        table = pq.read_table(path)
        columns = _columns(table.column_names, shown)
        values: list[list[Any]] = [table.column(column).to_pylist() for column in columns]
    except (OSError, ValueError, pa.ArrowException) as error:
        raise DataError(f"cannot read the manifest {shown}", why=str(error).split("\n")[0]) from error
    for number, row in enumerate(zip(*values, strict=True), start=1):
        yield f"row {number}", tuple("" if value is None else str(value) for value in row)
