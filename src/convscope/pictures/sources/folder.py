"""A folder of class folders."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path

from convscope.errors import DataError
from convscope.pictures.naming import natural_order, printable
from convscope.pictures.sources.files import FileSource
from convscope.pictures.sources.layout import HIDDEN, lay_out


def open_folder(folder: Path) -> FileSource:
    """Opens a folder of class folders, flat or inside train, validation and test folders.

    Links are followed, wherever they lead.

    Raises:
        DataError: If a folder cannot be listed, links lead round in a loop, or there are no pictures in class
            folders.
    """
    name = printable(folder.name or str(folder.resolve()))
    names = sorted(_files(folder), key=natural_order)
    layout = lay_out(printable(str(folder)), names)
    paths = tuple(os.path.join(folder, names[member]) for member in layout.members)  # noqa: PTH118 - see files.py
    return FileSource(name, layout.items, layout.notes, paths)


def _files(folder: Path) -> Iterator[str]:
    """Yields the names of all files below a folder, relative to it."""
    waiting: list[tuple[str, frozenset[tuple[int, int]]]] = [("", frozenset())]
    while waiting:
        inner, above = waiting.pop()
        path = str(folder / inner)
        try:
            status = os.stat(path)  # noqa: PTH116 - see files.py
            place = (status.st_dev, status.st_ino)
            if place in above:
                raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
            for entry in os.scandir(path):
                if HIDDEN.fullmatch(entry.name):
                    continue
                name = f"{inner}/{entry.name}" if inner else entry.name
                if entry.is_dir():
                    waiting.append((name, above | {place}))
                else:
                    yield name
        except OSError as error:
            raise _unlistable(path, error) from error


def _unlistable(path: str, error: OSError) -> DataError:
    if error.errno == errno.ELOOP:
        where = printable(str(error.filename or path))
        return DataError(
            f"the links in {where} lead round in a circle", why=error.strerror, remedy="remove that link"
        )
    return DataError(f"cannot list the folder {printable(path)}", why=error.strerror or str(error))
