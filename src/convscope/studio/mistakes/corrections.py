"""Corrected labels: a manifest in the studio's folder, to train on instead of the source.

Nothing else is stored: a label that differs from the source is a correction. The pictures and their folders
are never changed.
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
    from convscope.studio.sources import OpenData
    from convscope.studio.studio_folder import StudioFolder
    from convscope.studio.workspace import Workspace

Key = tuple[str, int]  # path of a picture, and number of earlier rows with the same path


@dataclass(frozen=True, slots=True)
class Correction:
    """A picture with another label than in its source.

    Attributes:
        place: Its index in the source.
        picture: Its name.
        label: Its class in the source.
        corrected: Its corrected class.
    """

    place: int
    picture: str
    label: str
    corrected: str


def manifest_path(data: OpenData, folder: StudioFolder) -> Path:
    """Return the path of the corrected list of these pictures, in the folder of sources to train on."""
    name = re.sub(r"[^\w +-]", "_", data.name)[:60]
    return folder.data / f"{name}-corrected-{data.id}.csv"


def corrections(data: OpenData, workspace: Workspace) -> list[Correction]:
    """Return the corrections in the source's order.

    Raises:
        DataError: The source or the corrected list cannot be read.
    """
    source = workspace.sources.open_at(data.location).source
    corrected = _corrected(source, manifest_path(data, workspace.folder))
    return [
        Correction(index, source.items[index].name, source.items[index].label, label)
        for index, label in corrected.items()
    ]


def correct(data: OpenData, index: int, label: str, workspace: Workspace) -> None:
    """Correct a label; setting it to the source's label removes the correction.

    Args:
        data: The pictures.
        index: Index of the picture in the source.
        label: One of the source's classes.
        workspace: The workspace with the corrected list.

    Raises:
        RequestError: 404: there is no such picture; 422: there is no such class.
        DataError: The source cannot be read, or its pictures are not separate files.
        ConvscopeError: The list cannot be written.
    """
    source = workspace.sources.open_at(data.location).source
    if not 0 <= index < len(source.items):
        raise RequestError(f"{data.name} has no picture {index}", status=404)
    if label not in {item.label for item in source.items}:
        raise RequestError(
            f"{data.name} has no class {printable(label)[:100]!r}",
            status=422,
            remedy="choose one of its classes",
        )
    path = manifest_path(data, workspace.folder)
    labels = {at: item.label for at, item in enumerate(source.items)}
    write_manifest(path, source, {**labels, **_corrected(source, path), index: label})


def _corrected(source: Source, path: Path) -> dict[int, str]:
    """Return the labels that the corrected list changes, by their index in the source."""
    if not path.exists() or not isinstance(source, FileSource):
        return {}
    listed = open_manifest(path)
    label_of = dict(zip(_keys(listed), (item.label for item in listed.items), strict=True))
    labels = ((index, label_of.get(key)) for index, key in enumerate(_keys(source)))
    return {
        index: label for index, label in labels if label is not None and label != source.items[index].label
    }


def _keys(source: FileSource) -> Iterable[Key]:
    """Yield the key of every picture: its path and a count, because a manifest may list a path repeatedly."""
    seen: Counter[str] = Counter()
    for file in source.files:
        path = str((source.folder / file).absolute())
        yield path, seen[path]
        seen[path] += 1
