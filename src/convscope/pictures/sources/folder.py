"""A folder of class folders."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

from convscope.common.printable import printable
from convscope.errors import DataError
from convscope.pictures.naming import natural_order
from convscope.pictures.sources.files import FileSource
from convscope.pictures.sources.layout import HIDDEN, lay_out

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Places = frozenset[tuple[int, int]]  # device and number of folders: what they are, whatever links lead there


def open_folder(folder: Path) -> FileSource:
    """Open a folder of class folders, flat or inside train, validation and test folders.

    Links are followed, wherever they lead.

    Raises:
        DataError: If a folder cannot be listed, links lead round in a loop, or there are no pictures in class
            folders.
    """
    name = printable(folder.name or str(folder.resolve()))
    names = sorted(_files(folder), key=natural_order)
    layout = lay_out(printable(str(folder)), names)
    files = tuple(names[member] for member in layout.members)
    return FileSource(name, layout.items, layout.notes, folder, files)


def _files(folder: Path) -> Iterator[str]:
    """Yield the names of all files below a folder, relative to it."""
    waiting: list[tuple[str, Places]] = [("", frozenset())]
    while waiting:
        inner, above = waiting.pop()
        try:
            places = _entered(folder / inner, above)
            with os.scandir(folder / inner) as entries:
                for entry in entries:
                    name = f"{inner}/{entry.name}" if inner else entry.name
                    if HIDDEN.fullmatch(entry.name):
                        continue
                    if entry.is_dir():
                        waiting.append((name, places))
                    else:
                        yield name
        except OSError as error:
            raise _unlistable(folder / inner, error) from error


def _entered(folder: Path, above: Places) -> Places:
    """Add a folder to those above it, unless it is one of them."""
    status = folder.stat()
    place = (status.st_dev, status.st_ino)
    if place in above:
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(folder))
    return above | {place}


def _unlistable(folder: Path, error: OSError) -> DataError:
    where = printable(str(error.filename or folder))
    why = error.strerror or str(error)
    if error.errno == errno.ELOOP:
        return DataError(f"the link {where} leads round in a circle", why=why, remedy="remove the link")
    return DataError(f"cannot list the folder {where}", why=why, remedy="check that you may read it")
