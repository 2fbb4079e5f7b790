"""Labels that a person corrected: a manifest in the studio's folder, to train on instead of the source.

The manifest is all there is to remember: what is corrected is what differs from the source. The pictures and
their folders are never touched.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from convscope.common.printable import printable
from convscope.errors import RequestError
from convscope.pictures.sources.files import FileSource
from convscope.pictures.sources.manifest import open_manifest, write_manifest

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from convscope.pictures.sources import Source
    from convscope.studio.home import Home
    from convscope.studio.opened import OpenData, Studio

Key = tuple[str, int]  # the path of a picture, and how many rows before have the same


@dataclass(frozen=True, slots=True)
class Correction:
    """A picture under another class than in its source.

    Attributes:
        place: Where it stands among the source's pictures, from 0.
        picture: Its name.
        label: Its class in the source.
        corrected: Its class from now on.
    """

    place: int
    picture: str
    label: str
    corrected: str


def manifest_of(data: OpenData, home: Home) -> Path:
    """Where the corrected list of these pictures is kept: among those that can be trained on."""
    name = re.sub(r"[^\w +-]", "_", data.name)[:60]
    return home.data / f"{name}-corrected-{data.id}.csv"


def corrections(data: OpenData, studio: Studio) -> list[Correction]:
    """List what is corrected, in the source's order.

    Raises:
        DataError: The source or the corrected list cannot be read.
    """
    source = studio.open_sources.of(data.where).source
    corrected = _corrected(source, manifest_of(data, studio.home))
    return [
        Correction(place, source.items[place].name, source.items[place].label, label)
        for place, label in corrected.items()
    ]


def correct(data: OpenData, place: int, label: str, studio: Studio) -> None:
    """Put a picture under another class; under its own class again, the correction is taken back.

    Args:
        data: The pictures.
        place: Which, by its place in the source.
        label: One of the source's classes.
        studio: Where the corrected list is kept.

    Raises:
        RequestError: 404: there is no such picture; 422: there is no such class.
        DataError: The source cannot be read, or its pictures are no files of their own.
        ConvscopeError: The list cannot be written.
    """
    source = studio.open_sources.of(data.where).source
    if not 0 <= place < len(source.items):
        raise RequestError(f"{data.name} has no picture {place}", status=404)
    if label not in {item.label for item in source.items}:
        raise RequestError(
            f"{data.name} has no class {printable(label)[:100]!r}", status=422, remedy="choose one it has"
        )
    path = manifest_of(data, studio.home)
    labels = {at: item.label for at, item in enumerate(source.items)}
    write_manifest(path, source, {**labels, **_corrected(source, path), place: label})


def _corrected(source: Source, path: Path) -> dict[int, str]:
    """The pictures that the corrected list has under another class, by their places in the source."""
    if not path.exists() or not isinstance(source, FileSource):
        return {}
    listed = open_manifest(path)
    label_of = dict(zip(_keys(listed), (item.label for item in listed.items), strict=True))
    found = ((place, label_of.get(key)) for place, key in enumerate(_keys(source)))
    return {
        place: label for place, label in found if label is not None and label != source.items[place].label
    }


def _keys(source: FileSource) -> Iterable[Key]:
    """Name every picture by its path; a manifest may list one more than once."""
    seen: Counter[str] = Counter()
    for file in source.files:
        path = str((source.folder / file).absolute())
        yield path, seen[path]
        seen[path] += 1
