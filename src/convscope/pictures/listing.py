"""The pictures below a folder in natural order, however many, in the memory of a few thousand names."""

from __future__ import annotations

import heapq
import os
from itertools import islice, pairwise
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING

from convscope.errors import DataError
from convscope.pictures.naming import natural_order
from convscope.pictures.reading import SUFFIXES
from convscope.pictures.sources.layout import HIDDEN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_NAMES_AT_ONCE = 4_096
_BYTES_AT_ONCE = 4_096
_END = b"\0"  # which no file's name can hold


def pictures_below(folder: str) -> Iterator[str]:
    """Find all pictures below a folder, hidden ones left out: its own first, then folder by folder.

    Links are followed. A folder that cannot be listed is given as if it were a picture, at the end, so that
    whoever reads it names it.

    Raises:
        DataError: There is no room to sort the names of very many files.
    """
    closed: list[str] = []
    seen: set[tuple[int, int]] = set()
    waiting = [folder]
    while waiting:
        path = waiting.pop()
        try:
            status = Path(path).stat()
        except OSError:
            closed.append(path)
            continue
        if (status.st_dev, status.st_ino) in seen:  # links may lead round in a circle
            continue
        seen.add((status.st_dev, status.st_ino))
        inner: list[str] = []
        for name in in_order(_pictures(path, inner, closed)):
            yield str(Path(path, name))
        waiting += (str(Path(path, name)) for name in sorted(inner, key=natural_order, reverse=True))
    yield from closed


def in_order(names: Iterable[str]) -> Iterator[str]:
    """Sort files' names as `natural_order` says; those that memory shall not hold wait in a temporary file.

    This is external merge sort: as many names as are held at once are sorted and written down, again and
    again; then all these runs are read side by side, and the first of their first names is given each time.

    Source: D. Knuth, "The art of computer programming", volume 3, section 5.4.

    Raises:
        DataError: The temporary file cannot be written.

    Example:
        >>> list(in_order(["10.png", "2.png"]))
        ['2.png', '10.png']
    """
    left = iter(names)
    run = sorted(islice(left, _NAMES_AT_ONCE), key=natural_order)
    if len(run) < _NAMES_AT_ONCE:
        yield from run
        return
    try:
        with TemporaryFile() as file:
            bounds = [0]
            while run:
                file.writelines(os.fsencode(name) + _END for name in run)
                file.flush()
                bounds.append(file.tell())
                run = sorted(islice(left, _NAMES_AT_ONCE), key=natural_order)
            runs = (_read(file, start, end) for start, end in pairwise(bounds))
            yield from heapq.merge(*runs, key=natural_order)
    except OSError as error:
        raise DataError(
            "cannot sort the names of so many files",
            why=f"a temporary file cannot be used: {error.strerror or error}",
            remedy="make room, or set TMPDIR to a folder that has some",
        ) from error


def _pictures(folder: str, inner: list[str], closed: list[str]) -> Iterator[str]:
    """Name the pictures in a folder, in no order; note the folders in it, or that it cannot be listed."""
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if HIDDEN.fullmatch(entry.name):
                    continue
                if _is_folder(entry):
                    inner.append(entry.name)
                elif Path(entry.name).suffix.lower() in SUFFIXES:
                    yield entry.name
    except OSError:
        closed.append(folder)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself, say
        return False


def _read(file: IO[bytes], start: int, end: int) -> Iterator[str]:
    """Read a run bit by bit: the others are read from the same file meanwhile."""
    rest = b""
    while start < end:
        file.seek(start)
        part = file.read(min(_BYTES_AT_ONCE, end - start))
        start += len(part)
        *names, rest = (rest + part).split(_END)
        yield from map(os.fsdecode, names)
