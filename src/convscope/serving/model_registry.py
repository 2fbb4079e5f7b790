"""The models that are served, by name, and always as their files are now."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from convscope.classifier import Classifier, load
from convscope.common.printable import printable
from convscope.errors import ConvscopeError, ModelFileError, RequestError, SettingError
from convscope.model.file import name_of_model

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_THREADS = 1
"""So many compute a batch: as many batches as there are processors are computed at the same time."""
_Version = tuple[int, int, int]


def named(given: Sequence[str]) -> dict[str, Path]:
    """Give each model a name: as `NAME=FILE` says, or else the file's, or its folder's if it is `model`.

    Raises:
        SettingError: Two have the same name, or one has a name that no address can hold.

    Example:
        >>> named(["runs/pets/model.safetensors", "best=runs/7/model.safetensors", "digits.safetensors"])
        ... # doctest: +NORMALIZE_WHITESPACE
        {'pets': PosixPath('runs/pets/model.safetensors'), 'best': PosixPath('runs/7/model.safetensors'),
         'digits': PosixPath('digits.safetensors')}
    """
    found: dict[str, Path] = {}
    for one in given:
        name, equals, file = one.partition("=")
        if not equals or Path(one).exists():  # a file may have an equals sign in its name
            path = Path(one)
            name = name_of_model(path)
        else:
            path = Path(file)
        if not _NAME.fullmatch(name):
            raise SettingError(
                f"{printable(name)!r} cannot be a model's name in an address",
                why="letters, digits, dots, hyphens and underscores can",
                remedy=f"name it, as in pets={path}",
            )
        if name in found:
            raise SettingError(
                f"two models are called {name}: {found[name]} and {path}",
                remedy=f"name one of them, as in other={path}",
            )
        found[name] = path
    return found


@dataclass(frozen=True, slots=True)
class Reload:
    """That a model's file was replaced, and what came of it.

    Attributes:
        name: The model's.
        error: Why the new file cannot be used; None if it is in use now.
    """

    name: str
    error: ConvscopeError | None


class ModelRegistry:
    """Models by name. Whoever has taken a classifier keeps it: a new one only serves who comes later.

    Args:
        files: The models' files by name.

    Raises:
        ModelFileError: One of them cannot be used.
    """

    def __init__(self, files: Mapping[str, Path]) -> None:
        self._files = dict(files)
        self._versions = {name: _version(path) for name, path in files.items()}
        self._classifiers = {name: _opened(path) for name, path in files.items()}

    def __getitem__(self, name: str) -> Classifier:
        """Take the classifier of that name; a RequestError (404) if there is none."""
        try:
            return self._classifiers[name]
        except KeyError:
            raise RequestError(
                f"there is no model {printable(name)[:64]}",
                status=404,
                remedy=f"ask for one of: {', '.join(self._files)}",
            ) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def refresh(self) -> list[Reload]:
        """Read every file anew that was replaced. One that cannot be used changes nothing until it changes.

        Called by one thread at a time; the others go on with what was there until the new one is ready.
        """
        return [
            self._reload(name, path, version)
            for name, path in self._files.items()
            if (version := _version(path)) not in {None, self._versions[name]}
        ]

    def _reload(self, name: str, path: Path, version: _Version | None) -> Reload:
        self._versions[name] = version
        try:
            self._classifiers[name] = _opened(path)
        except ConvscopeError as error:
            return Reload(name, error)
        except Exception as error:  # noqa: BLE001 - want of memory, say; the one that was there goes on
            return Reload(name, ModelFileError(f"cannot use the model {path}", why=repr(error)))
        return Reload(name, None)


def _version(path: Path) -> _Version | None:
    """What changes when a file does; None while there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns


def _opened(path: Path) -> Classifier:
    """Load, and predict once: what ONNX Runtime puts off until then shall not keep the first who asks."""
    classifier = load(path, _THREADS)
    size = classifier.model.preparation
    classifier.predictor.probabilities(np.zeros((1, size.height, size.width, size.channels), np.uint8))
    return classifier
