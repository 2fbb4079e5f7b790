"""The models that are open: named on the command line, trained here, edited here and saved, or built in."""

from __future__ import annotations

import threading
from pathlib import Path  # noqa: TC003 - pydantic looks it up
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from convscope.classifier import Classifier, load
from convscope.common.printable import printable
from convscope.model.file import save
from convscope.pictures.naming import natural_order
from convscope.playground.shipped_model import shapes_model_path
from convscope.serving.model_registry import named_models
from convscope.studio.cache import Cache
from convscope.studio.ids import Opened, id_of, with_id
from convscope.studio.studio_folder import checked_name, free_name
from convscope.training.run_files import MODEL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from convscope.model.file import Model
    from convscope.studio.studio_folder import StudioFolder

_MOST_LOADED = 8
_SUFFIX = ".safetensors"

Origin = Literal["given", "run", "kept", "built-in"]


class OpenModel(Opened):
    """A model that is open."""

    origin: Origin = Field(
        description="Named on the command line, trained here, edited here and saved, or part of convscope."
    )
    path: Path = Field(exclude=True)


class Models:
    """The open models, some of which are loaded.

    Args:
        folder: The studio's folder.
        given: Model files from the command line; NAME=FILE names one.

    Raises:
        ConvscopeError: One of the given models cannot be opened.
    """

    def __init__(self, folder: StudioFolder, given: Sequence[str] = ()) -> None:
        self._folder = folder
        self._given = [_open_model(name, "given", path) for name, path in named_models(given).items()]
        self._loaded: Cache[tuple[Path, int, int], Classifier] = Cache(_MOST_LOADED)
        self._saving = threading.Lock()
        for model in self._given:
            self.classifier(model.id)

    def all(self) -> list[OpenModel]:
        """List all models: those given, runs and edited models, each by name, and then the built-in one."""
        runs = sorted(self._folder.runs.glob(f"*/{MODEL}"), key=lambda path: natural_order(path.parent.name))
        kept = sorted(self._folder.models.glob(f"*{_SUFFIX}"), key=lambda path: natural_order(path.stem))
        return [
            *self._given,
            *(_open_model(path.parent.name, "run", path) for path in runs),
            *(_open_model(path.stem, "kept", path) for path in kept),
            _open_model("shapes", "built-in", shapes_model_path()),
        ]

    def find(self, id_: str) -> OpenModel:
        """Return the model with an id.

        Raises:
            RequestError: 404: there is none.
        """
        return with_id(id_, self.all(), "model")

    def classifier(self, id_: str) -> Classifier:
        """Return a model, loaded from its current file if necessary.

        Raises:
            RequestError: 404: there is none with that id.
            ModelFileError: Its file cannot be used.
        """
        path = self.find(id_).path
        status = path.stat() if path.exists() else None
        key = (path, status.st_ino, status.st_mtime_ns) if status else (path, 0, 0)
        return self._loaded.get(key, lambda: load(path))

    def save(self, model: Model, name: str) -> OpenModel:
        """Write a model to a new file in the studio's folder; a number is added to the name if it is taken.

        Raises:
            RequestError: 422: the name is not allowed.
            ConvscopeError: The file cannot be written.
        """
        allowed, folder = checked_name(name), self._folder.models
        with self._saving:
            path = folder / f"{free_name(allowed, folder, suffix=_SUFFIX)}{_SUFFIX}"
            save(model, path)
        return _open_model(path.stem, "kept", path)


def _open_model(name: str, origin: Origin, path: Path) -> OpenModel:
    path = path.absolute()
    return OpenModel(id=id_of(str(path)), name=printable(name), origin=origin, path=path)
