"""Tables: the header and rows of a CSV or Parquet file, without interpretation."""

from __future__ import annotations

import codecs
import csv
import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from convscope.common.printable import printable
from convscope.errors import DataError
from convscope.pictures.naming import from_bytes
from convscope.pictures.sources.left_out import counted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",  # begins like the mark of UTF-16
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_SEPARATOR_LINE = re.compile("sep=(.)", re.IGNORECASE)
_FLAGS = {"0": False, "1": True, "0.0": False, "1.0": True, "false": False, "true": True}


@dataclass(frozen=True, slots=True)
class Row:
    """A row: its position and its cells."""

    where: str
    cells: Sequence[object]


@dataclass(frozen=True, slots=True)
class Table:
    """A table in memory.

    Attributes:
        names: Names of the columns.
        rows: The rows, in order.
    """

    names: tuple[str, ...]
    rows: tuple[Row, ...]

    def place(self, column: str) -> int:
        """Return the position of a column; of several with the same name, the first."""
        return self.names.index(column)

    def flags(self) -> tuple[str, ...]:
        """Return the columns whose cells are all 0 or 1, true or false."""
        return tuple(
            name
            for place, name in enumerate(self.names)
            if self.rows and all(flag(row.cells[place]) is not None for row in self.rows)
        )


def flag(cell: object) -> bool | None:
    """Return whether a cell is true (1, true) or false (0, false); None if it is neither.

    Example:
        >>> flag("1"), flag(0), flag(True), flag(""), flag(2)
        (True, False, True, None, None)
    """
    return _FLAGS.get(str(cell).strip().lower()) if isinstance(cell, str | bool | int | float) else None


def read_table(path: Path, shown: str) -> Table:
    """Read a CSV or Parquet file.

    A CSV file is separated by commas, semicolons or tabs, and is UTF-8, UTF-16 with its mark, or else
    Windows-1252.

    Raises:
        DataError: It cannot be read, or a row has too few or too many cells; the message names the line.
    """
    is_parquet = path.suffix.lower() in {".parquet", ".pq"}
    return _parquet(path, shown) if is_parquet else _csv(path, shown)


def _lines(first: int, last: int) -> str:
    return f"line {first}" if first >= last else f"lines {first} to {last}"


def _csv(path: Path, shown: str) -> Table:
    text, separator = _decoded(path, shown), ""
    head, _, rest = text.partition("\n")
    if told := _SEPARATOR_LINE.fullmatch(head.strip()):  # the mark that Excel reads and writes
        text, separator, head = f"\n{rest}", told[1], rest.partition("\n")[0]
    separator = separator or max(",;\t", key=head.count)
    table = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    rows: list[Row] = []
    first_line = 1
    try:
        names = tuple(map(from_bytes, next((cells for cells in table if cells), [])))
        for cells in table:
            first_line = table.line_num + 1  # line of the next row, which may span several lines
            if cells and (len(cells) > 1 or cells[0].strip()):
                where = f"{shown}, line {table.line_num}"
                _check_length(cells, names, where)
                rows.append(Row(where, cells))
    except csv.Error as error:
        raise DataError(
            f"cannot read the manifest {shown}",
            why=f"{_lines(first_line, table.line_num)}: {error}",
            remedy="look for a quotation mark that is not closed",
        ) from error
    return Table(names, tuple(rows))


def _decoded(path: Path, shown: str) -> str:
    """Decode a text; bytes that are not UTF-8, as in some file names, become lone surrogates."""
    try:
        data = path.read_bytes()
        if encoding := next((name for mark, name in _MARKS.items() if data.startswith(mark)), ""):
            return data.decode(encoding)
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"cannot read the manifest {shown}", why=str(error)) from error
    if b"\0" in data:
        raise DataError(
            f"cannot read the manifest {shown}", why="it is no text, or UTF-16", remedy="save it as UTF-8"
        )
    return data.decode("utf-8-sig", "surrogateescape")


def _check_length(cells: Sequence[str], names: Sequence[str], where: str) -> None:
    if len(cells) == len(names):
        return
    more = 'put a text that holds the separator into quotation marks, as in "red, dark"'
    raise DataError(
        f"{where}: it has {counted(len(cells), 'cell')}, and the header has {len(names)}",
        why=printable(", ".join(map(repr, map(from_bytes, cells)))),
        remedy=more if len(cells) > len(names) else "fill in what is missing",
    )


def _parquet(path: Path, shown: str) -> Table:
    import pyarrow as pa  # noqa: PLC0415 - slow to import, and only this source needs it
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        table: Any = pq.read_table(path)
        names: tuple[str, ...] = tuple(table.column_names)
        columns: list[list[Any]] = [table.column(place).to_pylist() for place in range(len(names))]
    except (OSError, ValueError, pa.ArrowException) as error:
        raise DataError(f"cannot read the manifest {shown}", why=str(error).split("\n")[0]) from error
    rows = zip(*columns, strict=True)
    return Table(names, tuple(Row(f"{shown}, row {number}", row) for number, row in enumerate(rows, start=1)))
