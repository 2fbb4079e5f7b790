"""A cache of features, keyed by the pixels of each picture, in a file in the cache folder.

The file is an SQLite database: additions are atomic, even if the process is killed or another process writes
at the same time. Every row has a checksum, so that features damaged on disk are computed again. If the file
cannot be used (because the disk is full, for example), the cache is disabled and reports why.

A file is limited to about 1 GB, which is 120,000 pictures with 2,000 features: the oldest entries are evicted
first. All files in the folder, one per backbone, are limited to 2 GB: the least recently written file is
deleted first.

Source: https://www.sqlite.org/atomiccommit.html.
"""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing, suppress
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    Row = tuple[bytes, NDArray[np.float32]]

_MOST_ASKED = 500
"""Number of pictures per query; SQLite's limit on parameters was 999 before 2020."""
_WAIT_SECONDS = 10.0
_FAILURES = (sqlite3.Error, OSError, UnicodeDecodeError)  # the last if a damaged name is in SQLite's message
_DAMAGED = (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_CREATE = "CREATE TABLE IF NOT EXISTS features (picture BLOB PRIMARY KEY, numbers BLOB, checksum BLOB)"
_MOST_BYTES = 10**9
_MOST_BYTES_IN_FOLDER = 2 * 10**9
_OLDEST = "DELETE FROM features WHERE rowid IN (SELECT rowid FROM features ORDER BY rowid LIMIT ?)"
_INSERT = "INSERT OR REPLACE INTO features VALUES (?, ?, ?)"


class FeatureCache:
    """Features by digest of the picture.

    Args:
        path: The file; it and its folder are created if needed.
        width: Number of features per picture.

    Attributes:
        problem: Why the cache is disabled; empty as long as it works.

    Example:
        >>> from pathlib import Path
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     cache = FeatureCache(Path(folder) / "features.sqlite", 2)
        ...     cache.add([(b"digest of a picture", np.array([0.5, 2], np.float32))])
        ...     [features.tolist() for _, features in cache.find([b"digest of a picture", b"of another"])]
        [[0.5, 2.0]]
    """

    def __init__(self, path: Path, width: int) -> None:
        self._path = path
        self._width = width
        self.problem = ""

    def find(self, pictures: Sequence[bytes]) -> Iterator[Row]:
        """Yield the digests and features of the pictures that are in the cache, undamaged."""
        if self.problem:
            return
        try:
            with closing(self._open()) as database:
                for start in range(0, len(pictures), _MOST_ASKED):
                    asked = pictures[start : start + _MOST_ASKED]
                    for picture, numbers, checksum in database.execute(_select(len(asked)), asked):
                        if self._is_whole(picture, numbers, checksum):
                            yield picture, np.frombuffer(numbers, "<f4")
        except _FAILURES as error:
            self._fail(error)

    def add(self, rows: Iterable[Row]) -> None:
        """Add the features of some pictures, all of them or none."""
        if self.problem:
            return
        encoded = [(picture, features.astype("<f4").tobytes()) for picture, features in rows]
        checked = [(picture, numbers, _checksum(picture, numbers)) for picture, numbers in encoded]
        try:
            with closing(self._open()) as database, database:
                if surplus := self._surplus(database, len(checked)):
                    database.execute(_OLDEST, (surplus,))
                database.executemany(_INSERT, checked)
            _bound(self._path)
        except _FAILURES as error:
            self._fail(error)

    def _open(self) -> sqlite3.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        database = sqlite3.connect(self._path, timeout=_WAIT_SECONDS)
        try:
            database.execute(_CREATE)
        except sqlite3.Error:
            database.close()
            raise
        return database

    def _surplus(self, database: sqlite3.Connection, added: int) -> int:
        """Return the number of pictures to evict before others are added."""
        most = max(1, _MOST_BYTES // (4 * self._width))
        (count,) = database.execute("SELECT COUNT(*) FROM features").fetchone()
        return max(0, count + added - most)

    def _is_whole(self, picture: object, numbers: object, checksum: object) -> bool:
        return (
            isinstance(picture, bytes)
            and isinstance(numbers, bytes)
            and len(numbers) == 4 * self._width
            and checksum == _checksum(picture, numbers)
        )

    def _fail(self, error: Exception) -> None:
        """Delete a damaged file, so that a new one is created, or disable the cache."""
        if _is_damage(error):
            try:
                for path in (self._path, self._path.with_name(f"{self._path.name}-journal")):
                    path.unlink(missing_ok=True)
            except OSError as reason:
                error = reason
            else:
                return
        self.problem = f"features cannot be cached: {self._path}: {error}"


def _bound(path: Path) -> None:
    """Delete other files in the folder until the rest is within the limit."""
    files = [
        (file.stat().st_mtime, file.stat().st_size, file) for file in path.parent.glob(f"*{path.suffix}")
    ]
    total = sum(size for _, size, _ in files)
    for _, size, file in sorted(files):
        if total <= _MOST_BYTES_IN_FOLDER:
            return
        if file != path:
            with suppress(OSError):  # in use by another process, on Windows
                file.unlink()
                total -= size


def _is_damage(error: Exception) -> bool:
    """Whether an error means that the file is damaged, not that it is locked or the disk is full."""
    code = getattr(error, "sqlite_errorcode", None)
    return isinstance(error, UnicodeDecodeError) or (code is not None and code & 0xFF in _DAMAGED)


def _select(count: int) -> str:
    marks = ", ".join("?" * count)
    return f"SELECT picture, numbers, checksum FROM features WHERE picture IN ({marks})"  # noqa: S608


def _checksum(picture: bytes, numbers: bytes) -> bytes:
    return hashlib.blake2b(picture + numbers, digest_size=8).digest()
