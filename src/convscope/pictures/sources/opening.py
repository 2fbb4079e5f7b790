"""Finding out what a person has given."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from convscope.errors import DataError
from convscope.pictures.sources.arrays import open_arrays
from convscope.pictures.sources.builtin import open_digits
from convscope.pictures.sources.folder import open_folder
from convscope.pictures.sources.idx import is_idx_name, open_idx
from convscope.pictures.sources.manifest import open_manifest
from convscope.pictures.sources.tar_archive import open_tar
from convscope.pictures.sources.zip_archive import open_zip
from convscope.printable import printable

if TYPE_CHECKING:
    from collections.abc import Callable

    from convscope.pictures.sources.source import Source

Data = str | Path | tuple[Any, Any]

KINDS = "a folder of class folders, a .zip or .tar of one, a .csv or .parquet manifest, idx files or `digits`"
OPENERS: dict[tuple[str, ...], Callable[[Path], Source]] = {
    (".zip",): open_zip,
    (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz"): open_tar,
    (".csv", ".tsv", ".parquet", ".pq"): open_manifest,
}


def open_source(data: Data) -> Source:
    """Open a source of labelled pictures.

    Args:
        data: A folder of class folders (flat, or inside train, validation and test folders), the same inside
            a .zip or .tar (.gz, .bz2, .xz), a CSV or Parquet manifest, idx files or a folder of them, the
            word `digits`, or a pair (pictures, labels) of arrays.

    Raises:
        DataError: If there is no such thing, or it holds no labelled pictures.

    Example:
        >>> source = open_source("digits")
        >>> source.name, len(source.items), source.items[0].label
        ('digits', 1797, '0')
    """
    if isinstance(data, tuple):
        pictures, labels = data
        return open_arrays(pictures, labels)
    path = Path(data)
    if str(data) == "digits" and not path.exists():
        return open_digits()
    try:
        path.stat()
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise DataError(f"cannot open {printable(str(data))}", why=why, remedy=f"give {KINDS}") from error
    return _open_folder(path) if path.is_dir() else _open_file(path)


def _open_folder(folder: Path) -> Source:
    try:
        idx = any(is_idx_name(entry.name) for entry in folder.iterdir())
    except OSError as error:
        raise DataError(
            f"cannot list the folder {printable(str(folder))}", why=error.strerror or str(error)
        ) from error
    return open_idx(folder) if idx else open_folder(folder)


def _open_file(path: Path) -> Source:
    opener = next((OPENERS[suffix] for suffix in OPENERS if path.name.lower().endswith(suffix)), None)
    if is_idx_name(path.name):
        opener = open_idx
    if opener and path.is_file():
        return opener(path)
    raise DataError(f"{printable(str(path))} is not a source of pictures", remedy=f"give {KINDS}")
