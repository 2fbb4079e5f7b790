"""List the pictures below a folder in natural order; memory only holds a few thousand names at a time."""

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
from convscope.pictures.sources.left_out import IN_A_CIRCLE, LeftOut, broken_link, kind_of_file, why_ignored

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_NAMES_AT_ONCE = 4_096
_BYTES_AT_ONCE = 4_096
_END = b"\0"  # never part of a file name


def pictures_below(folder: str, left_out: LeftOut | None = None) -> Iterator[str]:
    """Yield the paths of all pictures below a folder: its own first, then those of each subfolder.

    Links are followed, except those to one of their parent folders. A folder that cannot be listed is yielded
    at the end like a picture, so that the error is reported when it is read.

    Args:
        folder: The folder.
        left_out: Counts all other files; complete after the last picture was yielded.

    Raises:
        DataError: There is no disk space to sort a very large number of names.
    """
    left_out = left_out or LeftOut()
    unlistable: list[str] = []
    waiting: list[tuple[str, frozenset[tuple[int, int]]]] = [(folder, frozenset())]
    while waiting:
        path, above = waiting.pop()
        try:
            status = Path(path).stat()
        except OSError:
            unlistable.append(path)
            continue
        where = os.path.relpath(path, folder) if path != folder else ""
        entered = above | {(status.st_dev, status.st_ino)}
        if entered == above:
            left_out.add(IN_A_CIRCLE, where, thing="link")
            continue
        inner: list[str] = []
        for name in in_order(_pictures(path, where, inner, unlistable, left_out)):
            yield str(Path(path, name))
        found = sorted(inner, key=natural_order, reverse=True)
        waiting += ((str(Path(path, name)), entered) for name in found)
    yield from unlistable


def in_order(names: Iterable[str]) -> Iterator[str]:
    """Sort file names in natural order, with a temporary file if there are too many for memory.

    This is an external merge sort: a few thousand names at a time are sorted and written as a run; then all
    runs are merged.

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
            "there is not enough disk space to sort the names of so many files",
            why=f"a temporary file cannot be used: {error.strerror or error}",
            remedy="free some disk space, or set TMPDIR to a folder that has some",
        ) from error


def _pictures(
    folder: str, where: str, inner: list[str], unlistable: list[str], left_out: LeftOut
) -> Iterator[str]:
    """Yield the names of the pictures in a folder, in any order, and collect its subfolders."""
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                is_folder = _is_folder(entry)
                suffix = "" if is_folder else Path(entry.name).suffix.lower()
                if _is_passed_over(entry, suffix, where, left_out, is_folder=is_folder):
                    continue
                if is_folder:
                    inner.append(entry.name)
                elif suffix in SUFFIXES:
                    yield entry.name
                else:
                    left_out.add("no pictures by their suffix", where, thing=kind_of_file(suffix))
    except OSError:
        unlistable.append(folder)


def _is_passed_over(
    entry: os.DirEntry[str], suffix: str, where: str, left_out: LeftOut, *, is_folder: bool
) -> bool:
    """Whether a file or folder is ignored, or is a broken link, which is counted."""
    reason = why_ignored(entry.name)
    if reason and is_folder:
        left_out.add(reason, f"{where}/{entry.name}".lstrip("/"), thing="folder")
    elif reason:
        if suffix in SUFFIXES and not entry.name.startswith("._"):
            left_out.add(reason, where, thing="picture")
    elif entry.is_symlink() and suffix not in SUFFIXES:
        reason = broken_link(entry)
        if reason:
            left_out.add(reason, where, thing="link")
    return bool(reason)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # for example a link to itself
        return False


def _read(file: IO[bytes], start: int, end: int) -> Iterator[str]:
    """Yield the names of a run in small chunks, because all runs are read from the same file in turn."""
    rest = b""
    while start < end:
        file.seek(start)
        part = file.read(min(_BYTES_AT_ONCE, end - start))
        start += len(part)
        *names, rest = (rest + part).split(_END)
        yield from map(os.fsdecode, names)
