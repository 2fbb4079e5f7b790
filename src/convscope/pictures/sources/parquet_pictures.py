"""A Parquet file with a column of encoded pictures and one of labels, as data sets are published.

Pictures are binary, or a struct with a field `bytes` as Hugging Face's `datasets` writes it; that library
keeps the names of the classes in the file's metadata.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from convscope.common import strict_json
from convscope.errors import DataError
from convscope.pictures.naming import class_name
from convscope.pictures.packed_strings import PackedStrings
from convscope.pictures.reading import BYTE_LIMIT, unreadable
from convscope.pictures.sources.archive import failing
from convscope.pictures.sources.manifest import LABEL_COLUMNS
from convscope.pictures.sources.shard_files import unreadable_shard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from convscope.pictures.sources.shard_files import ShardFile
    from convscope.pictures.sources.source import Load

PICTURE_COLUMNS = ("image", "img", "picture", "image_bytes", "jpg", "png", "bytes")
_ROWS = 16
"""So many rows are in memory at a time, besides the pages they are in."""


@dataclass(frozen=True, slots=True)
class ParquetShard:
    """One such file.

    Attributes:
        file: The file.
        names: The name of each picture: the row's number, from 1.
        labels: Its label.
        column: The column of pictures.
        notes: What people should know.
    """

    file: ShardFile
    names: PackedStrings
    labels: tuple[str, ...]
    column: str
    notes: tuple[str, ...] = ()

    def iterate(self, indices: Iterable[int]) -> Iterator[Load]:
        """Yield what loads each picture; groups of rows that hold none of them are not read."""
        wanted = np.fromiter(indices, np.int64)
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
            for index in wanted[(first <= wanted) & (wanted < end)].tolist():
                yield self._load(index, batch.column(0)[index - first].as_py())
            first = end
        _check_end(first, wanted)

    def _load(self, index: int, cell: object) -> Load:
        name = f"{self.file.name}/{self.names[index]}"
        data = cell.get("bytes") if isinstance(cell, dict) else cell
        if not isinstance(data, bytes):
            return failing(unreadable(name, "its cell is empty"))
        if len(data) > BYTE_LIMIT:
            return failing(unreadable(name, f"it has {len(data):,} bytes; the limit is {BYTE_LIMIT:,}"))
        return partial(bytes, data)


def open_parquet_shard(file: ShardFile) -> ParquetShard:
    """List a shard's pictures: only the column of labels is read.

    Raises:
        DataError: It cannot be read, or lacks one of the columns.
    """
    try:
        with file.open() as opened:
            table = _parquet_file(opened)
            column, labels = _picture_column(table.schema_arrow), _label_column(table.schema_arrow)
            if column is None or labels is None:
                raise DataError(
                    f"{file.name} has no column of {'labels' if column else 'pictures'}",
                    why=f"its columns are {', '.join(table.schema_arrow.names)}",
                    remedy="name them `image` (encoded bytes) and `label`",
                )
            name_of = _naming(table.schema_arrow, labels)
            found = [
                name_of(value)
                for batch in table.iter_batches(columns=[labels])
                for value in batch.column(0).to_pylist()
            ]
    except _errors() as error:
        raise unreadable_shard(file.name, error) from error
    if None in found:
        raise DataError(f"{file.name}, row {found.index(None) + 1}: the label is empty", remedy="fill it in")
    names = PackedStrings.of(str(row) for row in range(1, len(found) + 1))
    return ParquetShard(file, names, tuple(sys.intern(class_name(str(label))) for label in found), column)


def is_parquet_shard(path: Path) -> bool:
    """Whether a Parquet file holds pictures themselves; false also where it cannot be read."""
    try:
        with path.open("rb") as file:
            return _picture_column(_parquet_file(file).schema_arrow) is not None
    except _errors():
        return False


def _check_end(end: int, wanted: NDArray[np.int64]) -> None:
    """Refuse a file that ends before its last picture: its columns can disagree about how long they are."""
    if end <= wanted.max(initial=-1):
        raise ValueError(f"it ends after {end:,} rows of pictures, and has more of labels")


def _parquet_file(file: Any) -> Any:  # noqa: ANN401  # pyarrow carries no types
    import pyarrow.parquet as pq  # noqa: PLC0415 - slow to import, and only this source needs it

    return pq.ParquetFile(file)


def _errors() -> tuple[type[Exception], ...]:
    import pyarrow as pa  # noqa: PLC0415

    return OSError, ValueError, pa.ArrowException


def _picture_column(schema: Any) -> str | None:  # noqa: ANN401
    import pyarrow.types as kinds  # noqa: PLC0415

    def holds_bytes(kind: Any) -> bool:  # noqa: ANN401
        if kinds.is_struct(kind):
            return any(field.name == "bytes" and holds_bytes(field.type) for field in kind)
        return kinds.is_binary(kind) or kinds.is_large_binary(kind)

    names = {name.lower(): name for name in schema.names if holds_bytes(schema.field(name).type)}
    return next((names[name] for name in PICTURE_COLUMNS if name in names), None)


def _label_column(schema: Any) -> str | None:  # noqa: ANN401
    names = {name.lower(): name for name in schema.names}
    return next((names[name] for name in LABEL_COLUMNS if name in names), None)


def _naming(schema: Any, column: str) -> Callable[[object], object]:  # noqa: ANN401
    """Return what gives a label its name: Hugging Face's list of names, or itself."""
    try:
        told: Any = strict_json.parse(schema.metadata[b"huggingface"])
        kept = told["info"]["features"][column]["names"]
        names = [str(name) for name in kept]
    except (TypeError, KeyError, ValueError):
        return lambda label: label
    return lambda label: names[label] if isinstance(label, int) and 0 <= label < len(names) else label
