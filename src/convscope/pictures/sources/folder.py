"""A folder of class folders."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from convscope.common.printable import printable
from convscope.errors import DataError
from convscope.pictures.naming import natural_order
from convscope.pictures.reading import SUFFIXES
from convscope.pictures.sources.files import FileSource
from convscope.pictures.sources.layout import lay_out
from convscope.pictures.sources.left_out import IN_A_CIRCLE, LeftOut, broken_link, why_ignored

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

FolderIds = frozenset[tuple[int, int]]
"""Device and inode numbers, which identify a folder independently of links."""
MOST_IGNORED = 10_000
"""Largest number of entries of ignored folders that are examined to count their pictures."""


def open_folder(folder: Path, template: Sequence[str] = ()) -> FileSource:
    """Open a folder of class folders, flat or inside train, validation and test folders.

    Links are followed; those to one of their parent folders are left out, and counted.

    Args:
        folder: The folder.
        template: Which folders are classes, see `structure`; None: by their structure.

    Raises:
        DataError: If a folder cannot be listed, or there are no pictures in class folders.
    """
    name = printable(folder.name or str(folder.resolve()))
    walk = _Walk(folder)
    names = sorted(walk.files(), key=natural_order)
    layout = lay_out(printable(str(folder)), names, walk.folders, template)
    files = tuple(names[member] for member in layout.members)
    return FileSource(name, layout.items, layout.notes + walk.left_out.notes(), folder, files)


class _Walk:
    """All files below a folder, and the folders visited.

    Attributes:
        folders: Names of the folders, relative to the first; complete after the last file was yielded.
        left_out: Broken and circular links.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folders: list[str] = []
        self.left_out = LeftOut()
        self._ignored = 0

    def files(self) -> Iterator[str]:
        """Yield the names of all files, relative to the first folder."""
        waiting: list[tuple[str, FolderIds, bool]] = [("", frozenset(), False)]
        while waiting:
            inner, above, ignored = waiting.pop()
            try:
                ids = above | {_identity(self.root / inner)}
                if ids == above:
                    self.left_out.add(IN_A_CIRCLE, inner, thing="link")
                    self.folders.remove(inner)
                    continue
                with os.scandir(self.root / inner) as entries:
                    for entry in entries:
                        name = f"{inner}/{entry.name}" if inner else entry.name
                        if self._is_passed_over(entry, inner, ignored=ignored):
                            continue
                        if entry.is_dir():
                            self.folders.append(name)
                            waiting.append((name, ids, ignored or bool(why_ignored(entry.name))))
                        else:
                            yield name
            except OSError as error:
                if not ignored:
                    raise _unlistable(self.root / inner, error) from error

    def _is_passed_over(self, entry: os.DirEntry[str], inner: str, *, ignored: bool) -> bool:
        if ignored:
            self._ignored += 1
            return self._ignored > MOST_IGNORED
        if entry.is_symlink() and Path(entry.name).suffix.lower() not in SUFFIXES:
            problem = broken_link(entry)
            if problem:
                self.left_out.add(problem, inner, thing="link")
            return bool(problem)
        return False


def _identity(folder: Path) -> tuple[int, int]:
    status = folder.stat()
    return status.st_dev, status.st_ino


def _unlistable(folder: Path, error: OSError) -> DataError:
    where = printable(str(error.filename or folder))
    why = error.strerror or str(error)
    return DataError(f"cannot list the folder {where}", why=why, remedy="check that you may read it")
