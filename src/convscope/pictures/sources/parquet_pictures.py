"""A Parquet file with a column of encoded pictures and one of labels, as in published data sets.

Pictures are binary, or a struct with a field `bytes`, as written by Hugging Face's `datasets`; that library
stores the class names in the file's metadata.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from convscope.common import strict_json
from convscope.pictures.packed_strings import PackedStrings
from convscope.pictures.reading import BYTE_LIMIT, unreadable
from convscope.pictures.sources.archive import failing
from convscope.pictures.sources.columns import PICTURES, find_columns, group_in, part_in
from convscope.pictures.sources.label_sets import label_set, one_text
from convscope.pictures.sources.labels import NO_LABEL, label_text
from convscope.pictures.sources.left_out import LeftOut
from convscope.pictures.sources.shard import Shard
from convscope.pictures.sources.shard_files import unreadable_shard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from convscope.pictures.sources.columns import Columns
    from convscope.pictures.sources.shard_files import ShardFile
    from convscope.pictures.sources.source import Load, Part

_ROWS = 16
"""Number of rows in memory at a time, in addition to their pages."""


@dataclass(frozen=True, slots=True, eq=False)
class ParquetShard(Shard):
    """A Parquet file of pictures.

    A picture is named by its row, from 1; its place is the row from 0.

    Attributes:
        column: The column of pictures.
    """

    column: str

    def iterate(self, indices: Iterable[int]) -> Iterator[Load]:
        """Yield a loader for each picture; row groups without any of them are not read."""
        wanted = self.places[np.fromiter(indices, np.int64)]
        try:
            with self.file.open() as opened:
                table, first = _parquet_file(opened), 0
                for number in range(table.num_row_groups):
                    end = first + table.metadata.row_group(number).num_rows
                    inside = wanted[(first <= wanted) & (wanted < end)]
                    if len(inside):
                        yield from self._group(table, number, first, inside)
                    first = end
                _check_end(first, wanted)
        except _errors() as error:
            raise unreadable_shard(self.file.name, error) from error

    def _group(self, table: Any, number: int, first: int, wanted: NDArray[np.int64]) -> Iterator[Load]:  # noqa: ANN401
        for batch in table.iter_batches(_ROWS, row_groups=[number], columns=[self.column]):
            end = first + len(batch)
            for row in wanted[(first <= wanted) & (wanted < end)].tolist():
                yield self._load(row, batch.column(0)[row - first].as_py())
            first = end
        _check_end(first, wanted)

    def _load(self, row: int, cell: object) -> Load:
        name = f"{self.file.name}/{row + 1}"
        data = cell.get("bytes") if isinstance(cell, dict) else cell
        if not isinstance(data, bytes):
            path = isinstance(cell, dict) and cell.get("path")
            cause = f"its cell holds a path ({path}) instead of the picture" if path else "its cell is empty"
            return failing(unreadable(name, cause))
        if len(data) > BYTE_LIMIT:
            return failing(unreadable(name, f"it has {len(data):,} bytes; the limit is {BYTE_LIMIT:,}"))
        return partial(bytes, data)


def open_parquet_shard(file: ShardFile) -> ParquetShard:
    """List a shard's pictures: only the columns of labels, parts and groups are read.

    Raises:
        DataError: It cannot be read, lacks one of the columns, or contains an invalid label or part.
    """
    try:
        with file.open() as opened:
            table = _parquet_file(opened)
            schema = table.schema_arrow
            columns = find_columns(_candidates(schema), file.name, PICTURES, "pictures")
            values = _column(table, columns.labels)
            cells = _column(table, columns.parts) if columns.parts else None
            groups = _column(table, columns.groups) if columns.groups else None
    except _errors() as error:
        raise unreadable_shard(file.name, error) from error
    labels, left_out = _labels(values, _naming(schema, columns.labels), file.name)
    rows = np.array([row for row, label in enumerate(labels) if label is not None], np.int64)
    return ParquetShard(
        file,
        PackedStrings.of(str(row + 1) for row in rows.tolist()),
        tuple(sys.intern(label) for label in labels if label is not None),
        None if cells is None else _parts(cells, columns, rows, file.name),
        None if groups is None else tuple(group_in(groups[row]) for row in rows.tolist()),
        rows,
        columns.notes(),
        left_out,
        columns.pictures,
    )


def is_parquet_shard(path: Path) -> bool:
    """Whether a Parquet file contains the pictures themselves; also false if it cannot be read."""
    try:
        with path.open("rb") as file:
            schema = _parquet_file(file).schema_arrow
            return any(
                name.lower() in PICTURES and _holds_bytes(schema.field(name).type) for name in schema.names
            )
    except _errors():
        return False


def _labels(
    values: Iterable[object], name_of: Callable[[object], object], shown: str
) -> tuple[list[str | None], LeftOut]:
    left_out = LeftOut()
    labels: list[str | None] = []
    for row, value in enumerate(values, start=1):
        label = _label(value, name_of, f"{shown}, row {row}")
        if label is None:
            left_out.add_unlabelled(NO_LABEL if value == -1 else None)
        labels.append(label)
    return labels, left_out


def _label(value: object, name_of: Callable[[object], object], where: str) -> str | None:
    """Return a label, or a list of labels as one text, which is empty for an empty list."""
    if not isinstance(value, list | tuple):
        return label_text(name_of(value), where)
    return one_text(label_set([name_of(one) for one in value], None, where))


def _parts(cells: list[object], columns: Columns, rows: NDArray[np.int64], shown: str) -> tuple[Part, ...]:
    column = columns.parts or ""
    return tuple(part_in(str(cells[row] or ""), column, f"{shown}, row {row + 1}") for row in rows.tolist())


def _column(table: Any, name: str) -> list[object]:  # noqa: ANN401
    return [value for batch in table.iter_batches(columns=[name]) for value in batch.column(0).to_pylist()]


def _check_end(end: int, wanted: NDArray[np.int64]) -> None:
    """Refuse a file that ends before its last picture: its columns can have different lengths."""
    if end <= wanted.max(initial=-1):
        raise ValueError(f"it ends after {end:,} rows of pictures, and has more of labels")


def _parquet_file(file: Any) -> Any:  # noqa: ANN401  # pyarrow carries no types
    import pyarrow.parquet as pq  # noqa: PLC0415 - slow to import, and only this source needs it

    return pq.ParquetFile(file)


def _errors() -> tuple[type[Exception], ...]:
    import pyarrow as pa  # noqa: PLC0415

    return OSError, ValueError, pa.ArrowException


def _candidates(schema: Any) -> list[str]:  # noqa: ANN401
    """List the columns, except those that are named like pictures but contain none."""
    return [
        name for name in schema.names if name.lower() not in PICTURES or _holds_bytes(schema.field(name).type)
    ]


def _holds_bytes(kind: Any) -> bool:  # noqa: ANN401
    import pyarrow.types as kinds  # noqa: PLC0415

    if kinds.is_struct(kind):
        return any(field.name == "bytes" and _holds_bytes(field.type) for field in kind)
    views = (kinds.is_binary_view, kinds.is_fixed_size_binary)
    return any(is_one(kind) for is_one in (kinds.is_binary, kinds.is_large_binary, *views))


def _naming(schema: Any, column: str) -> Callable[[object], object]:  # noqa: ANN401
    """Return the function from label to name: Hugging Face's list (with -1 as no label), or identity."""
    try:
        kept: Any = strict_json.parse(schema.metadata[b"huggingface"])
        names = [str(name) for name in kept["info"]["features"][column]["names"]]
    except (TypeError, KeyError, ValueError):
        return lambda label: label

    def name_of(label: object) -> object:
        if isinstance(label, int) and 0 <= label < len(names):
            return names[label]
        return None if label == -1 else label

    return name_of
