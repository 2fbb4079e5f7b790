"""The sources of pictures that are open, and the one place where it is seen whether they have changed.

To open ten thousand files and look at their times takes too long for every request of a page. So a source is
kept. It is opened anew when the file that it is, or a folder that its pictures are in, has another time of
change, as where a picture came or went; and in any case after a moment: one may have been written over.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from convscope.pictures.sources import open_source
from convscope.pictures.sources.files import FileSource, change_stamp

if TYPE_CHECKING:
    from convscope.pictures.sources import Source

_MOMENT_SECONDS = 30.0


@dataclass(frozen=True, slots=True, eq=False)
class OpenSource:
    """A source as it is now, or was a moment ago.

    Attributes:
        source: The source.
        fingerprint: Another when the source is another.
    """

    source: Source
    fingerprint: str


@dataclass(frozen=True, slots=True, eq=False)
class _Kept:
    opened: OpenSource
    until: float
    seals: dict[Path, tuple[int, ...]]

    def holds(self) -> bool:
        unchanged = all(change_stamp(path) == was for path, was in self.seals.items())
        return time.monotonic() < self.until and unchanged


class OpenSources:
    """Opens sources and keeps them."""

    def __init__(self) -> None:
        self._kept: dict[str, _Kept] = {}
        self._opening = threading.Lock()

    def of(self, where: str) -> OpenSource:
        """A source as it is now; the first of many who ask opens it for all.

        Raises:
            DataError: It cannot be used.
        """
        with self._opening:
            kept = self._kept.get(where)
            if kept is None or not kept.holds():
                source = open_source(where)
                opened = OpenSource(source, source.fingerprint())
                seals = {path: change_stamp(path) for path in _places(source, Path(where))}
                kept = self._kept[where] = _Kept(opened, time.monotonic() + _MOMENT_SECONDS, seals)
        return kept.opened


def _places(source: Source, where: Path) -> set[Path]:
    """What a source is, and the folders that its pictures are in."""
    if not isinstance(source, FileSource):
        return {where}
    folders = {(source.folder / file).parent for file in source.files}
    between = {above for folder in folders for above in folder.parents if above.is_relative_to(where)}
    return {where} | folders | between
