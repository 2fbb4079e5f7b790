"""The served models by name, reloaded when their files change."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from convscope.classifier import Classifier, load
from convscope.common.printable import printable
from convscope.errors import ConvscopeError, ModelFileError, RequestError, SettingError
from convscope.model.file import model_path, name_of_model

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_THREADS = 1
"""Threads per batch: there are as many concurrent batches as processors."""
_Version = tuple[int, int, int]


def named_models(arguments: Sequence[str]) -> dict[str, Path]:
    """Return the model files by name: from `NAME=FILE`, or else named after the file or its folder.

    Raises:
        SettingError: Two models have the same name, or a name cannot be part of a URL.

    Example:
        >>> for name, path in named_models(["runs/pets/model.safetensors", "best=runs/7/a.st"]).items():
        ...     print(name, path)
        pets runs/pets/model.safetensors
        best runs/7/a.st
    """
    models: dict[str, Path] = {}
    for argument in arguments:
        name, equals, file = argument.partition("=")
        if not equals or Path(argument).exists():  # a file name may contain an equals sign
            path = model_path(argument)
            name = name_of_model(path)
        else:
            path = model_path(file)
        if not _NAME.fullmatch(name):
            raise SettingError(
                f"{printable(name)!r} cannot be a model's name in a URL",
                why="only letters, digits, dots, hyphens and underscores are allowed",
                remedy=f"give it a name, as in pets={path}",
            )
        if name in models:
            raise SettingError(
                f"two models are called {name}: {models[name]} and {path}",
                remedy=f"give one of them another name, as in other={path}",
            )
        models[name] = path
    return models


@dataclass(frozen=True, slots=True)
class Reload:
    """A model file that changed, and whether the new one is in use.

    Attributes:
        name: The model's name.
        error: Why the new file cannot be used; None if it is in use.
    """

    name: str
    error: ConvscopeError | None


class ModelRegistry:
    """Classifiers by name. A request keeps the classifier that it started with when the file is replaced.

    Args:
        files: The model files by name.

    Raises:
        ModelFileError: One of them cannot be used.
    """

    def __init__(self, files: Mapping[str, Path]) -> None:
        self._files = dict(files)
        self._versions = {name: _version(path) for name, path in files.items()}
        self._classifiers = {name: _load(path) for name, path in files.items()}

    def __getitem__(self, name: str) -> Classifier:
        """Return the classifier of that name; a RequestError (404) if there is none."""
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
        """Reload every file that has changed. If the new one cannot be used, the old classifier stays.

        Called by one thread at a time; other threads get the old classifier until the new one is ready.
        """
        return [
            self._reload(name, path, version)
            for name, path in self._files.items()
            if (version := _version(path)) not in {None, self._versions[name]}
        ]

    def _reload(self, name: str, path: Path, version: _Version | None) -> Reload:
        self._versions[name] = version
        try:
            self._classifiers[name] = _load(path)
        except ConvscopeError as error:
            return Reload(name, error)
        except Exception as error:  # noqa: BLE001 - lack of memory, say; the old classifier stays
            return Reload(name, ModelFileError(f"cannot use the model {path}", why=repr(error)))
        return Reload(name, None)


def _version(path: Path) -> _Version | None:
    """Return a value that changes when a file is replaced; None if there is no file."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns


def _load(path: Path) -> Classifier:
    """Load a model and predict once, so that the first request does not wait for ONNX Runtime's warm-up."""
    classifier = load(path, _THREADS)
    size = classifier.model.preparation
    classifier.predictor.probabilities(np.zeros((1, size.height, size.width, size.channels), np.uint8))
    return classifier
