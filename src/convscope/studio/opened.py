"""Which models and pictures are open, each with a short id that no path can be made of."""

from __future__ import annotations

import hashlib
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar

from pydantic import BaseModel, Field

from convscope.classifier import Classifier, load
from convscope.common.printable import printable
from convscope.errors import ConvscopeError, RequestError
from convscope.model.file import save
from convscope.pictures.naming import natural_order
from convscope.pictures.sources import located
from convscope.pictures.sources.opening import OPENERS
from convscope.serving.model_registry import named_models
from convscope.studio.edit_lists import EditLists
from convscope.studio.home import checked_name, free_name
from convscope.studio.open_sources import OpenSources
from convscope.studio.runs import Runs
from convscope.training.runs.run_folder import MODEL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from convscope.model.file import Model
    from convscope.studio.home import Home
    from convscope.studio.open_sources import OpenSource

_MOST_LOADED = 8
"""So many classifiers are held at once; who is asked for least lately makes room."""

_SUFFIX = ".safetensors"


class OpenModel(BaseModel):
    """A model that can be looked at."""

    id: str = Field(examples=["9f86d081"])
    name: str = Field(examples=["pets"])
    origin: Literal["given", "run", "kept"] = Field(
        description="Named on the command line, trained here, or changed here and kept."
    )
    path: Path = Field(exclude=True)


class OpenData(BaseModel):
    """Labelled pictures that can be trained on and looked at."""

    id: str = Field(examples=["9f86d081"])
    name: str = Field(examples=["pets"])
    origin: Literal["built-in", "given", "collected", "sent"] = Field(
        description="Comes with convscope, lies elsewhere on this machine, was collected here, or sent here."
    )
    where: str = Field(exclude=True, description="What `open_source` takes.")


_One = TypeVar("_One", OpenModel, OpenData)


class Studio:
    """What the studio has open.

    Args:
        home: Its folder.
        models: Model files from the command line; NAME=FILE names one.
        data: Sources of pictures from the command line.

    Attributes:
        home: As given.
        runs: The runs of its home.
        open_sources: The sources of its pictures.
        edits: What is changed in its models and not yet kept.
        closing: Set once the studio is about to end: who answers for ever shall come to their end.

    Raises:
        ConvscopeError: A model or a source cannot be opened.
    """

    def __init__(self, home: Home, models: Sequence[str] = (), data: Sequence[str] = ()) -> None:
        self.home = home
        self.runs = Runs(home)
        self.open_sources = OpenSources()
        self.edits = EditLists(self)
        self.closing = threading.Event()
        self._given_models = named_models(models)
        self._given_data = [located(one) for one in data]
        self._loaded: dict[tuple[Path, int, int], Classifier] = {}
        self._loading = threading.Lock()
        self._keeping = threading.Lock()
        for one in self._given_data:
            self.open_sources.of(one)
        for model in self.models():
            if model.origin == "given":
                self.classifier(model.id)

    def models(self) -> list[OpenModel]:
        """All models: those given first, then finished runs and kept changes by name."""
        runs = sorted(self.home.runs.glob(f"*/{MODEL}"), key=lambda path: natural_order(path.parent.name))
        kept = sorted(self.home.models.glob(f"*{_SUFFIX}"), key=lambda path: natural_order(path.stem))
        return [
            *(_model(name, "given", path) for name, path in self._given_models.items()),
            *(_model(path.parent.name, "run", path) for path in runs),
            *(_model(path.stem, "kept", path) for path in kept),
        ]

    def model(self, id_: str) -> OpenModel:
        """Find a model; a RequestError (404) if there is none of that id."""
        return _found("model", id_, self.models())

    def classifier(self, id_: str) -> Classifier:
        """Load a model, or find it loaded, always as its file is now.

        Raises:
            RequestError: 404: there is none of that id.
            ModelFileError: Its file cannot be used.
        """
        path = self.model(id_).path
        with self._loading:
            status = path.stat() if path.exists() else None
            key = (path, status.st_ino, status.st_mtime_ns) if status else (path, 0, 0)
            classifier = self._loaded.pop(key, None) or load(path)
            self._loaded[key] = classifier
            while len(self._loaded) > _MOST_LOADED:
                del self._loaded[next(iter(self._loaded))]
        return classifier

    def keep(self, model: Model, name: str) -> OpenModel:
        """Write a model as a new file of the studio's folder; a number is added to a name that is taken.

        Raises:
            RequestError: 422: the name cannot be one.
            ConvscopeError: The file cannot be written.
        """
        wanted, folder = checked_name(name), self.home.models
        with self._keeping:
            path = folder / f"{free_name(wanted, folder, suffix=_SUFFIX)}{_SUFFIX}"
            save(model, path)
        return _model(path.stem, "kept", path)

    def learned_from(self, id_: str) -> OpenData | None:
        """The pictures that a model learned from, if they are open.

        Raises:
            RequestError: 404: there is no model of that id.
            ModelFileError: Its file cannot be used.
        """
        where = self.classifier(id_).model.receipt.get("data")
        return next((one for one in self.sources() if one.where == where), None)

    def sources(self) -> list[OpenData]:
        """All pictures: those given or opened, then those collected or sent here, then the built-in."""
        collected = sorted(
            (entry for entry in self.home.data.iterdir() if not entry.name.startswith(".")),
            key=lambda entry: natural_order(entry.name),
        )
        given = dict.fromkeys([*self._given_data, *self.home.paths()])
        return [
            *(_data(Path(one).name.split(".")[0] or one, "given", one) for one in given if one != "digits"),
            *(
                _data(one.name.split(".")[0], "collected" if one.is_dir() else "sent", str(one))
                for one in collected
                if one.is_dir() or one.suffix in {suffix for many in OPENERS for suffix in many}
            ),
            _data("digits", "built-in", "digits"),
        ]

    def data(self, id_: str) -> OpenData:
        """Find pictures; a RequestError (404) if there are none of that id."""
        return _found("data", id_, self.sources())

    def collection(self, id_: str) -> Path:
        """The folder of pictures that were collected here.

        Raises:
            RequestError: 404: there is none of that id; 422: these pictures were not collected here.
        """
        found = self.data(id_)
        if found.origin != "collected":
            raise RequestError(
                f"{found.name} takes no pictures",
                status=422,
                why="only what was collected in the studio does",
                remedy="begin a collection",
            )
        return Path(found.where)

    def opened(self, id_: str) -> OpenSource:
        """Open pictures, or find them open.

        Raises:
            RequestError: 404: there are none of that id.
            DataError: They cannot be used.
        """
        return self.open_sources.of(self.data(id_).where)

    def open_first(self) -> None:
        """Open the pictures that the first page shows, if they can be, before anybody asks for them."""
        with suppress(ConvscopeError):
            self.opened(self.sources()[0].id)

    def add_data(self, path: str) -> OpenData:
        """Open pictures elsewhere on this machine, now and from now on.

        Raises:
            DataError: There are none.
        """
        where = located(path)
        self.open_sources.of(where)
        if where != "digits":
            self.home.remember(where)
        return next(one for one in self.sources() if one.where == where)


def _id(where: str) -> str:
    return hashlib.blake2b(where.encode(errors="surrogateescape"), digest_size=4).hexdigest()


def _model(name: str, origin: Literal["given", "run", "kept"], path: Path) -> OpenModel:
    absolute = path.absolute()
    return OpenModel(id=_id(str(absolute)), name=printable(name), origin=origin, path=absolute)


def _data(name: str, origin: Literal["built-in", "given", "collected", "sent"], where: str) -> OpenData:
    return OpenData(id=_id(where), name=printable(name), origin=origin, where=where)


def _found(what: str, id_: str, among: Sequence[_One]) -> _One:
    for one in among:
        if one.id == id_:
            return one
    raise RequestError(
        f"there is no {what} {printable(id_)[:64]}",
        status=404,
        why="it was removed, or never was" if among else "nothing is open",
        remedy="reload the page",
    )
