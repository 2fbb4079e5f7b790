"""Where shards lie: files on a disk, or objects in a storage that fsspec knows, all read alike.

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
from convscope.pictures.sources.files import seal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

SHARDS = (".tar", ".tar.gz", ".tgz", ".parquet", ".pq")


@dataclass(frozen=True, slots=True)
class Place:
    """A file, wherever it is.

    Attributes:
        name: What people call it; printable.
        open: Opens it for reading bytes; the file can seek.
        seal: Returns what changes when its content does.
    """

    name: str
    open: Callable[[], IO[bytes]]
    seal: Callable[[], object]


def is_shard_name(name: str) -> bool:
    """Whether a file may be a shard, by its name.

    Example:
        >>> [is_shard_name(name) for name in ("train-0000.tar", "train.PARQUET", "README.md")]
        [True, True, False]
    """
    return name.lower().endswith(SHARDS)


def is_address(text: str) -> bool:
    """Whether a text is an address such as `s3://bucket/train`, not a path.

    Example:
        >>> is_address("s3://bucket/train-*.tar"), is_address("data/train")
        (True, False)
    """
    return "://" in text


def local_places(path: Path) -> tuple[Place, ...]:
    """Find shards on the disk: the file, those directly in the folder, or those that fit the pattern."""
    if path.is_file():
        found: Iterable[Path] = [path]
    elif path.is_dir():
        found = (entry for entry in path.iterdir() if is_shard_name(entry.name))
    else:
        found = map(Path, glob.glob(str(path), recursive=True))  # noqa: PTH207  # absolute patterns too
    files = sorted(one for one in found if one.is_file())
    return tuple(Place(printable(str(file)), partial(file.open, "rb"), partial(seal, file)) for file in files)


def remote_places(address: str) -> tuple[Place, ...]:
    """Find shards in object storage, likewise.

    Raises:
        DataError: The storage cannot be reached, or what is needed to reach it is not installed.
    """
    try:
        import fsspec  # noqa: PLC0415  # optional, and only this needs it
    except ImportError as error:
        raise DataError(
            f"cannot open {printable(address)}",
            why="fsspec is not installed",
            remedy="pip install 'convscope[storage]', and s3fs, gcsfs or what the address needs",
        ) from error
    try:
        storage, path = fsspec.url_to_fs(address)
        names: list[str] = sorted(_remote_names(storage, path))
    except Exception as error:  # every storage has errors of its own
        raise unreachable(address, error) from error
    shown = [printable(storage.unstrip_protocol(name)) for name in names]
    return tuple(
        Place(whole, partial(storage.open, name), partial(storage.ukey, name))
        for whole, name in zip(shown, names, strict=True)
    )


def unreachable(name: str, error: Exception) -> DataError:
    """Make the error for a shard that cannot be read."""
    why = (isinstance(error, OSError) and error.strerror) or str(error) or type(error).__name__
    return DataError(f"cannot read {printable(name)}", why=printable(why.splitlines()[0]))


def _remote_names(storage: Any, path: str) -> Iterable[str]:  # noqa: ANN401  # fsspec has no types
    if glob.has_magic(path):
        return storage.glob(path)
    if storage.isdir(path):
        return (name for name in storage.ls(path, detail=False) if is_shard_name(name))
    return [path]
