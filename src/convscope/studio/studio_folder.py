"""The studio's folder, which stores everything created in the browser.

| file or folder | content |
|---|---|
| data/ | collected or uploaded pictures: folders of class folders, archives, corrected manifests |
| runs/ | run folders, as `convscope train` writes them |
| models/ | saved edited models, and networks of single epochs |
| edits/ | unsaved edits, by the model's id |
| jobs/ | output and log of every process the studio started |
| pictures/ | single uploaded pictures, by the digest of their bytes |
| paths.json | paths of opened pictures elsewhere |
| lesson.json | the correctly answered questions of the lesson |
"""

from __future__ import annotations

import itertools
import json
import os
import re
import unicodedata
from typing import TYPE_CHECKING, TypeGuard

from convscope.common import strict_json
from convscope.common.atomic import replacing, sweep
from convscope.common.printable import printable
from convscope.errors import RequestError, SettingError

if TYPE_CHECKING:
    from pathlib import Path

_NAME = re.compile(r"[^\W_][\w .+-]{0,59}")
_FOLDERS = ("data", "runs", "models", "edits", "jobs", "pictures")


class StudioFolder:
    """The studio's folder.

    Args:
        folder: Its path; it is created if needed.

    Attributes:
        data: The subfolder of that name; likewise `runs`, `models`, `edits`, `jobs` and `pictures`.
        lesson: The file lesson.json.

    Raises:
        SettingError: It cannot be created.
    """

    def __init__(self, folder: Path) -> None:
        folder = folder.absolute()
        self.data, self.runs, self.models, self.edits, self.jobs, self.pictures = (
            folder / name for name in _FOLDERS
        )
        self._paths = folder / "paths.json"
        self.lesson = folder / "lesson.json"
        try:
            for name in _FOLDERS:
                (folder / name).mkdir(parents=True, exist_ok=True)
                sweep(folder / name)
        except OSError as error:
            raise SettingError(
                f"cannot create the studio's folder {printable(str(folder))}",
                why=error.strerror or str(error),
                remedy="give another with --folder",
            ) from error

    def paths(self) -> list[str]:
        """Return the paths of opened pictures elsewhere; none if the list cannot be read."""
        try:
            paths = strict_json.parse(self._paths.read_bytes())
        except (OSError, ValueError):
            return []
        return [path for path in paths if _is_path(path)] if isinstance(paths, list) else []

    def remember(self, path: str) -> None:
        """Add a path to the list of pictures elsewhere.

        Raises:
            ConvscopeError: It cannot be written.
        """
        others = [other for other in self.paths() if other != path]
        with replacing(self._paths) as file:
            file.write(json.dumps([*others, path], indent=2).encode())


def _is_path(value: object) -> TypeGuard[str]:
    try:
        return isinstance(value, str) and b"\0" not in os.fsencode(value)
    except UnicodeEncodeError:  # a lone surrogate that represents no byte
        return False


def checked_name(name: str) -> str:
    """Return a name in composed Unicode (NFC), if it is allowed for a file or folder of the studio.

    Raises:
        RequestError: 422: it has characters other than letters, digits, spaces and . _ + -, or too many.

    Example:
        >>> checked_name(" Kätzchen 2 ")
        'Kätzchen 2'
        >>> checked_name("../cats")
        Traceback (most recent call last):
        convscope.errors.RequestError: '../cats' is not allowed as a name
          why: a name has at most 60 letters, digits, spaces and . _ + -, a letter or digit first
    """
    composed = unicodedata.normalize("NFC", name.strip())
    if not _NAME.fullmatch(composed) or not composed.isprintable():
        raise RequestError(
            f"{printable(name[:60])!r} is not allowed as a name",
            status=422,
            why="a name has at most 60 letters, digits, spaces and . _ + -, a letter or digit first",
        )
    return composed


def free_name(name: str, *folders: Path, suffix: str = "") -> str:
    """Return the first of NAME, NAME-2, NAME-3, ... that does not exist in the folders yet.

    Example:
        >>> from pathlib import Path
        >>> free_name("pets", Path("no such folder"))
        'pets'
    """
    names = itertools.chain([name], (f"{name}-{n}" for n in itertools.count(2)))
    return next(
        free for free in names if not any((folder / f"{free}{suffix}").exists() for folder in folders)
    )
