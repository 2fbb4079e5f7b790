"""Shard files, on a disk or in any object storage supported by fsspec, opened in the same way.

Source: https://filesystem-spec.readthedocs.io
"""

from __future__ import annotations

import glob
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from convscope.common.printable import printable
from convscope.errors import DataError
from convscope.pictures.sources.files import change_stamp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

SUFFIXES = (".tar", ".tar.gz", ".tgz", ".parquet", ".pq")


@dataclass(frozen=True, slots=True)
class ShardFile:
    """A shard's file, wherever it is.

    Attributes:
        name: Its path or URL, printable.
        open: Opens it for reading bytes; the file is seekable.
        stamp: Returns a value that changes with the file's content.
    """

    name: str
    open: Callable[[], IO[bytes]]
    stamp: Callable[[], object]


def is_shard_name(name: str) -> bool:
    """Whether a file may be a shard, according to its name.

    Example:
        >>> [is_shard_name(name) for name in ("train-0000.tar", "train.PARQUET", "README.md")]
        [True, True, False]
    """
    return name.lower().endswith(SUFFIXES)


def is_url(text: str) -> bool:
    """Whether a string is a URL such as `s3://bucket/train` rather than a path.

    Example:
        >>> is_url("s3://bucket/train-*.tar"), is_url("data/train")
        (True, False)
    """
    return "://" in text


def local_shards(path: Path) -> tuple[ShardFile, ...]:
    """Find shards on the disk: a file, all directly in a folder, or those that match a pattern."""
    if path.is_file():
        candidates: Iterable[Path] = [path]
    elif path.is_dir():
        candidates = (entry for entry in path.iterdir() if is_shard_name(entry.name))
    else:
        candidates = map(Path, glob.glob(str(path), recursive=True))  # noqa: PTH207  # absolute patterns too
    files = sorted(file for file in candidates if file.is_file())
    return tuple(
        ShardFile(printable(str(file)), partial(file.open, "rb"), partial(change_stamp, file))
        for file in files
    )


def remote_shards(url: str) -> tuple[ShardFile, ...]:
    """Find shards in object storage in the same way.

    Raises:
        DataError: The storage cannot be reached, or the package for it is not installed.
    """
    try:
        import fsspec  # noqa: PLC0415  # optional, and only this needs it
    except ImportError as error:
        raise DataError(
            f"cannot open {printable(url)}",
            why="fsspec is not installed",
            remedy="pip install 'convscope[storage]', and s3fs, gcsfs or what the URL needs",
        ) from error
    try:
        storage, path = fsspec.url_to_fs(url)
        names: list[str] = sorted(_remote_names(storage, path))
    except Exception as error:  # each storage has its own errors
        raise unreadable_shard(url, error) from error
    urls = [printable(storage.unstrip_protocol(name)) for name in names]
    return tuple(
        ShardFile(whole, partial(storage.open, name), partial(storage.ukey, name))
        for whole, name in zip(urls, names, strict=True)
    )


def unreadable_shard(name: str, error: Exception) -> DataError:
    """Create the error for an unreadable shard."""
    why = (isinstance(error, OSError) and error.strerror) or str(error) or type(error).__name__
    return DataError(f"cannot read {printable(name)}", why=printable(why.splitlines()[0]))


def _remote_names(storage: Any, path: str) -> Iterable[str]:  # noqa: ANN401  # fsspec has no types
    if glob.has_magic(path):
        return storage.glob(path)
    if storage.isdir(path):
        return (name for name in storage.ls(path, detail=False) if is_shard_name(name))
    return [path]
