"""The open sources of pictures, with the only code that detects changes of them.

Opening a source of ten thousand files takes too long for every request of a page, so an open source is
cached. It is reopened if the modification time of its file, or of a folder with its pictures, has changed,
and in any case after half a minute, because a picture may have been overwritten in place.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from convscope.common.printable import printable
from convscope.errors import ConvscopeError, RequestError
from convscope.pictures.naming import natural_order
from convscope.pictures.sources import located, open_source
from convscope.pictures.sources.builtin import BUILT_IN
from convscope.pictures.sources.files import FileSource, change_stamp
from convscope.pictures.sources.opening import OPENERS
from convscope.studio.cache import Cache
from convscope.studio.ids import Opened, id_of, with_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from convscope.pictures.sources import Source
    from convscope.studio.studio_folder import StudioFolder

_MOST_OPEN = 32
_TRUSTED_SECONDS = 30.0
_SUFFIXES = frozenset(suffix for suffixes in OPENERS for suffix in suffixes)

Origin = Literal["built-in", "given", "collected", "sent"]


class OpenData(Opened):
    """Labelled pictures that can be trained on and looked at."""

    origin: Origin = Field(
        description="Comes with convscope, lies elsewhere on this machine, was collected here, or sent here."
    )
    location: str = Field(exclude=True, description="What `open_source` takes.")


@dataclass(frozen=True, slots=True, eq=False)
class OpenSource:
    """A source in its state of at most half a minute ago.

    Attributes:
        source: The source.
        fingerprint: Changes with the source.
    """

    source: Source
    fingerprint: str
    _until: float
    _stamps: dict[Path, tuple[int, ...]]

    def is_current(self) -> bool:
        """Whether it can be used without reopening it."""
        return time.monotonic() < self._until and all(
            change_stamp(path) == was for path, was in self._stamps.items()
        )


class Sources:
    """The sources that are open.

    Args:
        folder: The studio's folder.
        given: Sources from the command line.

    Raises:
        DataError: One of the given sources cannot be used.
    """

    def __init__(self, folder: StudioFolder, given: Sequence[str] = ()) -> None:
        self._folder = folder
        self._given = [located(source) for source in given]
        self._open: Cache[str, OpenSource] = Cache(_MOST_OPEN)
        for location in self._given:
            self.open_at(location)

    def all(self) -> list[OpenData]:
        """List all sources: given or opened ones, then collected or uploaded ones, then the built-in ones."""
        given = dict.fromkeys([*self._given, *self._folder.paths()])
        entries = sorted(self._folder.data.iterdir(), key=lambda entry: natural_order(entry.name))
        return [
            *(_open_data("given", location) for location in given if location not in BUILT_IN),
            *(
                _open_data("collected" if entry.is_dir() else "sent", str(entry))
                for entry in entries
                if not entry.name.startswith(".") and (entry.is_dir() or entry.suffix in _SUFFIXES)
            ),
            *(_open_data("built-in", word) for word in BUILT_IN),
        ]

    def find(self, id_: str) -> OpenData:
        """Return the source with an id.

        Raises:
            RequestError: 404: there is none.
        """
        return with_id(id_, self.all(), "data")

    def at(self, location: str) -> OpenData:
        """Return the source at a location.

        Raises:
            RequestError: 404: it is not open.
        """
        return self.find(id_of(location))

    def collection(self, id_: str) -> Path:
        """Return the folder of a collection.

        Raises:
            RequestError: 404: there is none with that id; 422: it is not a collection.
        """
        data = self.find(id_)
        if data.origin != "collected":
            raise RequestError(
                f"pictures cannot be added to {data.name}",
                status=422,
                why="it is not a collection made in the studio",
                remedy="start a collection",
            )
        return Path(data.location)

    def open(self, id_: str) -> OpenSource:
        """Open the current source with an id.

        Raises:
            RequestError: 404: there is none.
            DataError: It cannot be used.
        """
        return self.open_at(self.find(id_).location)

    def open_at(self, location: str) -> OpenSource:
        """Open the current source at a location.

        Raises:
            DataError: It cannot be used.
        """
        opened = self._open.get(location, lambda: _open(location))
        if not opened.is_current():
            self._open.discard(location, opened)
            opened = self._open.get(location, lambda: _open(location))
        return opened

    def open_first(self) -> None:
        """Open the source of the first page in advance, if possible."""
        with suppress(ConvscopeError):
            self.open(self.all()[0].id)

    def add(self, path: str) -> OpenData:
        """Open pictures elsewhere on this machine, and remember them.

        Raises:
            DataError: There are none.
        """
        location = located(path)
        self.open_at(location)
        if location not in BUILT_IN:
            self._folder.remember(location)
        return self.at(location)


def _open_data(origin: Origin, location: str) -> OpenData:
    name = Path(location).name.split(".")[0] or location
    return OpenData(id=id_of(location), name=printable(name), origin=origin, location=location)


def _open(location: str) -> OpenSource:
    source = open_source(location)
    return OpenSource(
        source,
        source.fingerprint(),
        _until=time.monotonic() + _TRUSTED_SECONDS,
        _stamps={path: change_stamp(path) for path in _paths(source, Path(location))},
    )


def _paths(source: Source, location: Path) -> set[Path]:
    """Return the file or folder of a source, and all folders with its pictures."""
    if not isinstance(source, FileSource):
        return {location}
    folders = {(source.folder / file).parent for file in source.files}
    between = {above for folder in folders for above in folder.parents if above.is_relative_to(location)}
    return {location} | folders | between
