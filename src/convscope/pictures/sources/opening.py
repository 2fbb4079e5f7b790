"""Finding out what a person has given."""

from __future__ import annotations

import glob
from pathlib import Path
from typing import TYPE_CHECKING, Any

from convscope.common.printable import printable
from convscope.errors import DataError
from convscope.pictures.sources.arrays import open_arrays
from convscope.pictures.sources.builtin import open_digits
from convscope.pictures.sources.folder import open_folder
from convscope.pictures.sources.idx import is_idx_name, open_idx
from convscope.pictures.sources.manifest import open_manifest
from convscope.pictures.sources.parquet_pictures import is_parquet_shard
from convscope.pictures.sources.shard_files import is_shard_name, is_url, local_shards, remote_shards
from convscope.pictures.sources.shards import open_shards
from convscope.pictures.sources.tar_archive import open_tar
from convscope.pictures.sources.webdataset import is_tar_shard
from convscope.pictures.sources.zip_archive import open_zip

if TYPE_CHECKING:
    from collections.abc import Callable

    from convscope.pictures.sources.source import Source

Data = str | Path | tuple[Any, Any]

KINDS = "a folder of class folders, a .zip or .tar of one, a .csv or .parquet manifest, shards, idx, `digits`"


def _open_tar(path: Path) -> Source:
    return _open_shards(path) if is_tar_shard(path) else open_tar(path)


def _open_parquet(path: Path) -> Source:
    return _open_shards(path) if is_parquet_shard(path) else open_manifest(path)


def _open_shards(path: Path) -> Source:
    return open_shards(printable(str(path)), local_shards(path))


OPENERS: dict[tuple[str, ...], Callable[[Path], Source]] = {
    (".zip",): open_zip,
    (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz"): _open_tar,
    (".csv", ".tsv"): open_manifest,
    (".parquet", ".pq"): _open_parquet,
}


def open_source(data: Data) -> Source:
    """Open a source of labelled pictures.

    Args:
        data: A folder of class folders (flat, or inside train, validation and test folders), the same inside
            a .zip or .tar (.gz, .bz2, .xz), a CSV or Parquet manifest, idx files or a folder of them, shards
            (WebDataset tars or Parquet files with the pictures inside: one, a folder, a pattern, or an
            address such as `s3://pets/train-*.tar`), the word `digits`, or a pair (pictures, labels) of
            arrays.

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
    if is_url(str(data)):
        return open_shards(printable(str(data)), remote_shards(str(data)))
    path = Path(data)
    if str(data) == "digits" and not path.exists():
        return open_digits()
    try:
        path.stat()
    except (OSError, ValueError) as error:
        if glob.has_magic(str(data)):
            return _open_shards(path)
        why = getattr(error, "strerror", None) or str(error)
        raise DataError(f"cannot open {printable(str(data))}", why=why, remedy=f"give {KINDS}") from error
    return _open_folder(path) if path.is_dir() else _open_file(path)


def located(data: Data) -> str:
    """Say where a source lies, so that it is found again from any folder; empty for arrays, which are not.

    Example:
        >>> located("digits"), located("s3://pets/train-*.tar"), located(([], []))
        ('digits', 's3://pets/train-*.tar', '')
        >>> located("pets/*.tar").startswith("/")
        True
    """
    text = "" if isinstance(data, tuple) else str(data)
    is_pattern = glob.has_magic(text) and not is_url(text)
    return str(Path(text).absolute()) if text and (is_pattern or Path(text).exists()) else text


def _open_folder(folder: Path) -> Source:
    try:
        entries = list(folder.iterdir())
        idx = any(is_idx_name(entry.name) for entry in entries)
        shards = any(is_shard_name(entry.name) for entry in entries) and not any(map(Path.is_dir, entries))
    except OSError as error:
        raise DataError(
            f"cannot list the folder {printable(str(folder))}", why=error.strerror or str(error)
        ) from error
    if shards:
        return _open_shards(folder)
    return open_idx(folder) if idx else open_folder(folder)


def _open_file(path: Path) -> Source:
    opener = next((OPENERS[suffix] for suffix in OPENERS if path.name.lower().endswith(suffix)), None)
    if is_idx_name(path.name):
        opener = open_idx
    if opener and path.is_file():
        return opener(path)
    raise DataError(f"{printable(str(path))} is not a source of pictures", remedy=f"give {KINDS}")
