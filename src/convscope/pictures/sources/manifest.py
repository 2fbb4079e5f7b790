"""A manifest: a table of the paths and classes of pictures, as CSV or Parquet; written as CSV."""

from __future__ import annotations

import codecs
import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from convscope.common.atomic import replacing
from convscope.common.printable import printable
from convscope.errors import DataError
from convscope.pictures.naming import from_bytes
from convscope.pictures.sources.columns import Columns, find_columns, group_in, part_in
from convscope.pictures.sources.files import FileSource
from convscope.pictures.sources.labels import escaped_bytes, joined_labels, label_text, without_no_label
from convscope.pictures.sources.left_out import LeftOut, counted
from convscope.pictures.sources.source import Item, Part

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from convscope.pictures.sources.source import Source

_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_PROBED = 100
"""If none of this many files is where the manifest says, the paths are wrong as a whole."""


@dataclass(frozen=True, slots=True)
class _Row:
    """A row: where it stands, and its cells."""

    where: str
    path: str
    label: object
    part: str | None
    group: str | None


def open_manifest(path: Path) -> FileSource:
    """Open a CSV or Parquet file with columns of paths, labels and, if given, parts and groups.

    The columns are found by common names, such as `path`, `label` and `group`, in any case. Paths are
    relative to the manifest. A CSV file is separated by commas, semicolons or tabs, and is UTF-8, UTF-16 with
    its mark, or else Windows-1252. Rows without a label are left out, and counted.

    Raises:
        DataError: If it cannot be read, a column is missing, a row has too few or too many cells, a path is
            empty, a label is blank, a part is unknown, or none of the files is there; the message names the
            line or row.
    """
    shown = printable(str(path))
    is_parquet = path.suffix.lower() in {".parquet", ".pq"}
    columns, rows = _parquet_rows(path, shown) if is_parquet else _csv_rows(path, shown)
    if not rows:
        raise DataError(f"there are no pictures in {shown}", why="it has a header but no rows")
    labels, left_out = _labels(rows)
    items: list[Item] = []
    files: list[str] = []
    for row, label in zip(rows, labels, strict=True):
        if label is not None:
            items.append(Item(printable(row.path), label, _part(row, columns), row.group))
            files.append(row.path)
    if not items:
        raise DataError(f"there are no pictures in {shown}", why=" ".join(left_out.notes()))
    _check_files(shown, path.parent, files)
    odd = escaped_bytes([row.label for row in rows if isinstance(row.label, str)])
    notes = (*columns.notes(), *odd, *joined_labels(item.label for item in items), *left_out.notes())
    return FileSource(printable(path.stem), tuple(items), notes, path.parent, tuple(files))


def write_manifest(path: Path, source: Source, labels: Mapping[int, str]) -> None:
    """Write a CSV manifest with the path, label and, where there are parts, split of pictures of a source.

    Paths are relative where the pictures lie below the manifest's folder, so that both may move together.

    Args:
        path: Where to write it.
        source: The pictures.
        labels: The class to put each picture under, by its index in the source; the others are not listed.

    Raises:
        DataError: The pictures are not files of their own, so that there are no paths to list.
        ConvscopeError: It cannot be written.
    """
    source = listable(source)
    with_parts = any(item.part for item in source.items)
    text = io.StringIO()
    table = csv.writer(text)  # lines end with CR LF, so that either is quoted in a name
    table.writerow(("path", "label", "split") if with_parts else ("path", "label"))
    here = path.absolute().parent
    for index, label in labels.items():
        whole = (source.folder / source.files[index]).absolute()
        written_path = whole.relative_to(here) if whole.is_relative_to(here) else whole
        part = source.items[index].part
        table.writerow((written_path, label, part) if with_parts else (written_path, label))
    with replacing(path) as file:
        file.write(text.getvalue().encode("utf-8", "surrogateescape"))


def listable(source: Source) -> FileSource:
    """Return a source whose pictures can be listed in a manifest.

    Raises:
        DataError: Its pictures are not files of their own, so that there are no paths to list.
    """
    if isinstance(source, FileSource):
        return source
    raise DataError(
        f"there can be no manifest of {source.name}",
        why="its pictures are not files of their own",
        remedy="unpack them into class folders and give these",
    )


def _labels(rows: Sequence[_Row]) -> tuple[list[str | None], LeftOut]:
    texts = [label_text(row.label, row.where) for row in rows]
    labels = without_no_label(texts)
    left_out = LeftOut()
    for text, label in zip(texts, labels, strict=True):
        if label is None:
            left_out.add("without a label" if text is None else "labelled -1, no label", "", thing="picture")
    return labels, left_out


def _part(row: _Row, columns: Columns) -> Part | None:
    return None if row.part is None or columns.parts is None else part_in(row.part, columns.parts, row.where)


def _check_files(shown: str, folder: Path, files: Sequence[str]) -> None:
    probed = files[:_PROBED]
    if any(_exists(folder / file) for file in probed):
        return
    first = folder / probed[0]
    beside = [] if not _exists(first.parent) else sorted(first.parent.glob(f"{_escaped(first.name)}.*"))
    suffix = f"the paths lack the suffix {beside[0].suffix!r}" if beside else ""
    raise DataError(
        f"none of the pictures of {shown} is there",
        why=f"the first was looked for at {printable(str(first.absolute()))}",
        remedy=suffix or "give paths that are absolute, or relative to the table's own folder",
    )


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # too long, or with a null character
        return False


def _escaped(name: str) -> str:
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)


def _csv_rows(path: Path, shown: str) -> tuple[Columns, list[_Row]]:
    text = _decoded(path, shown)
    head = text.partition("\n")[0]
    table = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=head.count), strict=True)
    try:
        names = next(table, [])
        columns = find_columns(list(map(from_bytes, names)), shown)
        by_name = {from_bytes(name): number for number, name in reversed(list(enumerate(names)))}
        picture, label = by_name[columns.pictures], by_name[columns.labels]
        part, group = (by_name.get(name) if name else None for name in (columns.parts, columns.groups))
        rows: list[_Row] = []
        for cells in table:
            if not cells:
                continue
            where = f"{shown}, line {table.line_num}"
            _check_length(cells, names, where)
            file = _found(cells[picture], path.parent)
            if not file.strip():
                raise DataError(f"{where}: the path is empty", remedy="fill it in")
            found = (None if column is None else cells[column] for column in (part, group))
            rows.append(_Row(where, file, cells[label], next(found), group_in(next(found))))
    except csv.Error as error:
        raise DataError(
            f"cannot read the manifest {shown}",
            why=f"line {table.line_num}: {error}",
            remedy="look for a quotation mark that is not closed",
        ) from error
    return columns, rows


def _decoded(path: Path, shown: str) -> str:
    """Read a text; what is no UTF-8, which names of files need not be, comes as lone surrogates."""
    try:
        data = path.read_bytes()
        if data.startswith(_UTF_16):
            return data.decode("utf-16")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"cannot read the manifest {shown}", why=str(error)) from error
    if b"\0" in data:
        raise DataError(
            f"cannot read the manifest {shown}", why="it is no text, or UTF-16", remedy="save it as UTF-8"
        )
    return data.decode("utf-8-sig", "surrogateescape")


def _found(file: str, folder: Path) -> str:
    """Return a file's name by its bytes, or in Windows-1252 if such a file is there."""
    readable = from_bytes(file)
    return (
        readable if readable != file and not _exists(folder / file) and _exists(folder / readable) else file
    )


def _check_length(cells: Sequence[str], names: Sequence[str], where: str) -> None:
    if len(cells) == len(names):
        return
    more = 'put a text that holds the separator into quotation marks, as in "red, dark"'
    raise DataError(
        f"{where}: it has {counted(len(cells), 'cell')}, and the header has {len(names)}",
        why=printable(", ".join(map(repr, map(from_bytes, cells)))),
        remedy=more if len(cells) > len(names) else "fill in what is missing",
    )


def _parquet_rows(path: Path, shown: str) -> tuple[Columns, list[_Row]]:
    import pyarrow as pa  # noqa: PLC0415 - slow to import, and only this source needs it
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        table: Any = pq.read_table(path)
        columns = find_columns(table.column_names, shown)
        used = (columns.pictures, columns.labels, columns.parts, columns.groups)
        values: list[list[Any]] = [
            table.column(column).to_pylist() if column else [None] * len(table) for column in used
        ]
    except (OSError, ValueError, pa.ArrowException) as error:
        raise DataError(f"cannot read the manifest {shown}", why=str(error).split("\n")[0]) from error
    rows: list[_Row] = []
    for number, (file, label, part, group) in enumerate(zip(*values, strict=True), start=1):
        where = f"{shown}, row {number}"
        if not isinstance(file, str) or not file.strip():
            raise DataError(f"{where}: the path is empty", remedy="fill it in")
        rows.append(_Row(where, file, label, str(part or "") if columns.parts else None, group_in(group)))
    return columns, rows
