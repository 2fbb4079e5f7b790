"""A manifest: a table of the paths and classes of pictures, as CSV or Parquet; written as CSV."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from convscope.common.atomic import replacing
from convscope.common.printable import printable
from convscope.errors import DataError
from convscope.pictures.naming import from_bytes
from convscope.pictures.sources.columns import Columns, find_columns, group_in, part_in
from convscope.pictures.sources.files import FileSource
from convscope.pictures.sources.label_sets import (
    label_set,
    labels_of_flags,
    notes_on_sets,
    one_text,
    seem_several,
    separator_of,
)
from convscope.pictures.sources.labels import escaped_bytes, joined_labels, label_text, without_no_label
from convscope.pictures.sources.left_out import LeftOut, some
from convscope.pictures.sources.source import Item, Part
from convscope.pictures.sources.table import Table, flag, read_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from convscope.pictures.sources.source import Source

_PROBED = 100
"""If none of this many files exists, all paths are considered wrong."""


@dataclass(frozen=True, slots=True)
class _Row:
    """A row: its position, and the meaning of its cells."""

    where: str
    path: str
    label: object
    part: str | None
    group: str | None


def open_manifest(path: Path, *, several_labels: bool | None = None) -> FileSource:
    """Open a CSV or Parquet file with columns of paths, labels and, if given, parts and groups.

    The columns are found by common names, such as `path`, `label` and `group`, in any case. Paths are
    relative to the manifest. A CSV file is separated by commas, semicolons or tabs, and is UTF-8, UTF-16 with
    its mark, or else Windows-1252. Rows without a label are left out, and counted. Pictures may have several
    labels (`label_sets.py`).

    Args:
        path: The file.
        several_labels: Whether pictures may have several labels; None: if the table clearly has them.

    Raises:
        DataError: If it cannot be read, a column is missing, a row has too few or too many cells, a path is
            empty, a label is blank, a part is unknown, or none of the files exists; the message names the
            line or row.
    """
    shown = printable(str(path))
    table = read_table(path, shown)
    columns = find_columns(table.names, shown, flags=() if several_labels is False else table.flags())
    if not table.rows:
        raise DataError(f"there are no pictures in {shown}", why="it has a header but no rows")
    rows = _rows(table, columns, path.parent)
    cells = [row.label for row in rows]
    if several_labels is None:
        several_labels = bool(columns.flags) or seem_several(cells)
    read = _sets(rows, columns) if several_labels else _classes(rows)
    kept = [(row, item) for row, item in zip(rows, read.items, strict=True) if item is not None]
    if not kept:
        raise DataError(f"there are no pictures in {shown}", why=" ".join(read.left_out.notes()))
    files = tuple(row.path for row, _ in kept)
    _check_files(shown, path.parent, files)
    items = tuple(replace(item, part=_part(row, columns), group=row.group) for row, item in kept)
    odd = escaped_bytes([cell for cell in cells if isinstance(cell, str)])
    notes = (*columns.notes(), *odd, *read.notes, *read.left_out.notes())
    return FileSource(printable(path.stem), items, notes, path.parent, files)


def write_manifest(path: Path, source: Source, labels: Mapping[int, str]) -> None:
    """Write a CSV manifest with path, label and, if there are parts, split of pictures of a source.

    Paths are relative if the pictures are below the manifest's folder, so that both can be moved together.

    Args:
        path: The file to write.
        source: The pictures.
        labels: The class of each picture to list, by its index in the source.

    Raises:
        DataError: The pictures are not separate files, so that there are no paths to list.
        ConvscopeError: The file cannot be written.
    """
    source = listable(source)
    with_parts = any(item.part for item in source.items)
    text = io.StringIO()
    table = csv.writer(text)  # lines end with CR LF, so that both are quoted in names
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
        DataError: Its pictures are not separate files, so that there are no paths to list.
    """
    if isinstance(source, FileSource):
        return source
    raise DataError(
        f"there can be no manifest of {source.name}",
        why="its pictures are not files of their own",
        remedy="unpack them into class folders and give these",
    )


@dataclass(frozen=True, slots=True)
class _Read:
    """The content of the rows: the picture of each, or None if it is left out."""

    items: list[Item | None]
    left_out: LeftOut
    notes: tuple[str, ...]


def _classes(rows: Sequence[_Row]) -> _Read:
    """Read one class per picture."""
    texts = [label_text(row.label, row.where) for row in rows]
    labels = without_no_label(texts)
    left_out = LeftOut()
    for text, label in zip(texts, labels, strict=True):
        if label is None:
            left_out.add_unlabelled(text)
    items = [
        None if label is None else Item(printable(row.path), label, None)
        for row, label in zip(rows, labels, strict=True)
    ]
    return _Read(items, left_out, joined_labels(label for label in labels if label is not None))


def _sets(rows: Sequence[_Row], columns: Columns) -> _Read:
    """Read any number of labels per picture."""
    separator = separator_of(row.label for row in rows)
    sets = [
        labels_of_flags(columns.flags, [flag(cell) for cell in row.label], row.where)
        if isinstance(row.label, _Flags)
        else label_set(row.label, separator, row.where)
        for row in rows
    ]
    left_out = LeftOut()
    for labels in sets:
        if labels is None:
            left_out.add_unlabelled(None)
    items = [
        None if labels is None else Item(printable(row.path), one_text(labels), None, labels=labels)
        for row, labels in zip(rows, sets, strict=True)
    ]
    how = f"the columns {some(columns.flags)}" if columns.flags else f"the column {columns.labels.strip()!r}"
    split = f", separated by {separator!r}" if separator else ""
    return _Read(items, left_out, notes_on_sets([one for one in sets if one is not None], how + split))


class _Flags(tuple[object, ...]):
    """The cells of columns of 0 and 1, which together contain the labels of a picture."""

    __slots__ = ()


def _rows(table: Table, columns: Columns, folder: Path) -> list[_Row]:
    picture = table.place(columns.pictures)
    part, group = (
        None if column is None else table.place(column) for column in (columns.parts, columns.groups)
    )
    label = table.place(columns.labels) if columns.labels else -1
    flags = [table.place(name) for name in columns.flags]
    rows: list[_Row] = []
    for where, cells in ((row.where, row.cells) for row in table.rows):
        file = cells[picture]
        if file is not None and not isinstance(file, str):
            raise DataError(
                f"{where}: {type(file).__name__} is no path",
                why=f"the column {columns.pictures!r} holds neither paths nor encoded pictures",
                remedy="save the pictures as files and give their paths, or their encoded bytes",
            )
        if not file or not file.strip():
            raise DataError(f"{where}: the path is empty", remedy="fill it in")
        said = _Flags(cells[place] for place in flags) if flags else cells[label]
        given = None if part is None else str(cells[part] or "")
        together = None if group is None else group_in(cells[group])
        rows.append(_Row(where, _found(file, folder), said, given, together))
    return rows


def _part(row: _Row, columns: Columns) -> Part | None:
    return None if row.part is None or columns.parts is None else part_in(row.part, columns.parts, row.where)


def _check_files(shown: str, folder: Path, files: Sequence[str]) -> None:
    probed = files[:_PROBED]
    if any(_exists(folder / file) for file in probed):
        return
    first = folder / probed[0]
    beside = [] if not _exists(first.parent) else sorted(first.parent.glob(f"{_escaped(first.name)}.*"))
    suffix = f"the paths lack the suffix {beside[0].suffix!r}" if beside else ""
    if "://" in probed[0]:
        suffix = "pictures are read from the disk: download them, and give their paths"
    raise DataError(
        f"none of the pictures of {shown} is there",
        why=f"the first is {printable(probed[0])}, looked for at {printable(str(first.absolute()))}",
        remedy=suffix or "give paths that are absolute, or relative to the table's own folder",
    )


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # too long, or with a null character
        return False


def _escaped(name: str) -> str:
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)


def _found(file: str, folder: Path) -> str:
    """Return a file's name as written, or a variant of it if only that file exists.

    Variants are: Windows-1252, surrounding spaces, backslashes between folders, and `file:` URLs.
    """
    readable = from_bytes(file).strip()
    local = unquote(urlsplit(readable).path) if readable.startswith("file://") else readable
    meant = dict.fromkeys((readable, local, local.replace("\\", "/")))
    others = [name for name in meant if name != file]
    if not others or _exists(folder / file):
        return file
    return next((name for name in others if _exists(folder / name)), file)
