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
from convscope.pictures.reading import BYTE_LIMIT, unreadable
from convscope.pictures.sources.archive import failing
from convscope.pictures.sources.manifest import LABEL_COLUMNS
from convscope.pictures.sources.places import unreachable
from convscope.pictures.texts import Texts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from convscope.pictures.sources.places import Place
    from convscope.pictures.sources.source import Load

PICTURE_COLUMNS = ("image", "img", "picture", "image_bytes", "jpg", "png", "bytes")
_ROWS = 16
"""So many rows are in memory at a time, besides the pages they are in."""


@dataclass(frozen=True, slots=True)
class ParquetShard:
    """One such file.

    Attributes:
        place: Where it lies.
        names: The name of each picture: the row's number, from 1.
        labels: Its label.
        column: The column of pictures.
        notes: What people should know.
    """

    place: Place
    names: Texts
    labels: tuple[str, ...]
    column: str
    notes: tuple[str, ...] = ()

    def iterate(self, places: Iterable[int]) -> Iterator[Load]:
        """Yield what loads each picture; groups of rows that hold none of them are not read."""
        wanted = np.fromiter(places, np.int64)
        try:
            with self.place.open() as file:
                table, first = _opened(file), 0
                for number in range(table.num_row_groups):
                    end = first + table.metadata.row_group(number).num_rows
                    inside = wanted[(first <= wanted) & (wanted < end)]
                    if len(inside):
                        yield from self._group(table, number, first, inside)
                    first = end
                _check_end(first, wanted)
        except _errors() as error:
            raise unreachable(self.place.name, error) from error

    def _group(self, table: Any, number: int, first: int, wanted: NDArray[np.int64]) -> Iterator[Load]:  # noqa: ANN401
        for batch in table.iter_batches(_ROWS, row_groups=[number], columns=[self.column]):
            end = first + len(batch)
            for place in wanted[(first <= wanted) & (wanted < end)].tolist():
                yield self._load(place, batch.column(0)[place - first].as_py())
            first = end
        _check_end(first, wanted)

    def _load(self, place: int, cell: object) -> Load:
        name = f"{self.place.name}/{self.names[place]}"
        data = cell.get("bytes") if isinstance(cell, dict) else cell
        if not isinstance(data, bytes):
            return failing(unreadable(name, "its cell is empty"))
        if len(data) > BYTE_LIMIT:
            return failing(unreadable(name, f"it has {len(data):,} bytes; the limit is {BYTE_LIMIT:,}"))
        return partial(bytes, data)


def open_parquet_shard(place: Place) -> ParquetShard:
    """List a shard's pictures: only the column of labels is read.

    Raises:
        DataError: It cannot be read, or lacks one of the columns.
    """
    try:
        with place.open() as file:
            table = _opened(file)
            column, labels = _picture_column(table.schema_arrow), _label_column(table.schema_arrow)
            if column is None or labels is None:
                raise DataError(
                    f"{place.name} has no column of {'labels' if column else 'pictures'}",
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
        raise unreachable(place.name, error) from error
    if None in found:
        raise DataError(f"{place.name}, row {found.index(None) + 1}: the label is empty", remedy="fill it in")
    names = Texts.of(str(row) for row in range(1, len(found) + 1))
    return ParquetShard(place, names, tuple(sys.intern(class_name(str(label))) for label in found), column)


def is_parquet_shard(path: Path) -> bool:
    """Whether a Parquet file holds pictures themselves; false also where it cannot be read."""
    try:
        with path.open("rb") as file:
            return _picture_column(_opened(file).schema_arrow) is not None
    except _errors():
        return False


def _check_end(end: int, wanted: NDArray[np.int64]) -> None:
    """Refuse a file that ends before its last picture: its columns can disagree about how long they are."""
    if end <= wanted.max(initial=-1):
        raise ValueError(f"it ends after {end:,} rows of pictures, and has more of labels")


def _opened(file: Any) -> Any:  # noqa: ANN401  # pyarrow carries no types
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
