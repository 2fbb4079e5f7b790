"""The studio's folder on the disk, where everything is that a person makes in the browser.

| in it | what it holds |
|---|---|
| data/ | pictures that were collected or sent: folders of class folders, archives, corrected manifests |
| runs/ | run folders, as `convscope train` writes them |
| logs/ | what the process of each run said on its way, by the run's name |
| models/ | models that were changed and kept |
| errands/ | what long commands printed |
| edits/ | what is changed in a model and not yet kept, by the model's id |
| pictures/ | single pictures that were sent to be walked, by the digest of their bytes |
| paths.json | paths of pictures elsewhere that were opened |
| lesson.json | which questions of the lesson were answered right |
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
_FOLDERS = ("data", "runs", "logs", "models", "errands", "edits", "pictures")


class Home:
    """One such folder.

    Args:
        folder: Where; it is made if need be.

    Attributes:
        data: Its folder of that name, and so on.
        lesson: Its file of that name.

    Raises:
        SettingError: It cannot be made.
    """

    def __init__(self, folder: Path) -> None:
        folder = folder.absolute()
        self.data, self.runs, self.logs, self.models, self.errands, self.edits, self.pictures = (
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
                f"cannot make the studio's folder {printable(str(folder))}",
                why=error.strerror or str(error),
                remedy="name another with --home",
            ) from error

    def paths(self) -> list[str]:
        """Paths of pictures elsewhere that were opened before; none where the list cannot be read."""
        try:
            found = strict_json.parse(self._paths.read_bytes())
        except (OSError, ValueError):
            return []
        return [one for one in found if _is_path(one)] if isinstance(found, list) else []

    def remember(self, path: str) -> None:
        """Keep a path of pictures elsewhere.

        Raises:
            ConvscopeError: It cannot be written.
        """
        kept = [one for one in self.paths() if one != path]
        with replacing(self._paths) as file:
            file.write(json.dumps([*kept, path], indent=2).encode())


def _is_path(found: object) -> TypeGuard[str]:
    try:
        return isinstance(found, str) and b"\0" not in os.fsencode(found)
    except UnicodeEncodeError:  # a lone surrogate that stands for no byte
        return False


def checked_name(name: str) -> str:
    """Return a name that a file or folder of the studio may have, accents composed.

    Raises:
        RequestError: 422: it has other signs than letters, digits, spaces and . _ + -, or too many.

    Example:
        >>> checked_name(" Kätzchen 2 ")
        'Kätzchen 2'
        >>> checked_name("../cats")
        Traceback (most recent call last):
        convscope.errors.RequestError: '../cats' cannot be a name here
          why: letters, digits, spaces and . _ + - can, at most 60, a letter or a digit first
    """
    composed = unicodedata.normalize("NFC", name.strip())
    if not _NAME.fullmatch(composed) or not composed.isprintable():
        raise RequestError(
            f"{printable(name[:60])!r} cannot be a name here",
            status=422,
            why="letters, digits, spaces and . _ + - can, at most 60, a letter or a digit first",
        )
    return composed


def free_name(name: str, *folders: Path, suffix: str = "") -> str:
    """The first of NAME, NAME-2, NAME-3, ... that nothing in the folders is called yet.

    Example:
        >>> from pathlib import Path
        >>> free_name("pets", Path("no such folder"))
        'pets'
    """
    names = itertools.chain([name], (f"{name}-{n}" for n in itertools.count(2)))
    return next(one for one in names if not any((folder / f"{one}{suffix}").exists() for folder in folders))
