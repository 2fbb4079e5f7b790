"""Thumbnails: decoded one by one while few are requested, all at once if many are."""

from __future__ import annotations

import io
import threading
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING

from convscope.errors import RequestError, StoreError
from convscope.pictures.reading import image_of, read_picture
from convscope.pictures.thumbnails import SIDE, Thumbnails, build_thumbnails, small

if TYPE_CHECKING:
    from convscope.pictures.sources import Source
    from convscope.pictures.sources.source import Picture
    from convscope.studio.sources import OpenSource

MANY = 200
"""After this many requests, all thumbnails of the source are decoded."""
_MOST_PICTURES = 50_000
"""Thumbnails of more pictures would take gigabytes; they are decoded one by one."""


class ThumbnailStore:
    """The thumbnails of all browsed sources."""

    def __init__(self) -> None:
        self._requests: Counter[str] = Counter()
        self._counting = threading.Lock()
        self._built: dict[str, Thumbnails] = {}
        self._building = threading.Lock()

    def png(self, opened: OpenSource, index: int) -> bytes:
        """Return the thumbnail of a picture as a PNG.

        Once many were requested, a thread decodes all of them; until it is done, they are decoded one by one.

        Raises:
            RequestError: 404: there is no such picture.
            PictureError: It cannot be read.
        """
        source = opened.source
        if index >= len(source.items):
            raise RequestError(
                f"there is no picture {index}", status=404, why=f"there are {len(source.items):,}"
            )
        if self._count(opened.fingerprint) == MANY and len(source.items) <= _MOST_PICTURES:
            threading.Thread(target=self._build, args=(opened,), daemon=True).start()
        built = self._built.get(opened.fingerprint)
        pixels = built.pixels(index) if built else None
        return png_of(_decoded(source, index) if pixels is None else pixels)

    def _count(self, fingerprint: str) -> int:
        with self._counting:  # so that exactly one thread reaches the limit
            self._requests[fingerprint] += 1
            return self._requests[fingerprint]

    def _build(self, opened: OpenSource) -> None:
        with self._building, suppress(StoreError):  # without disk space, they are still decoded one by one
            self._built[opened.fingerprint] = build_thumbnails(opened.source)


def _decoded(source: Source, index: int) -> Picture:
    picture, name = source.read(index), source.items[index].name
    return small(read_picture(picture, name, SIDE) if isinstance(picture, bytes) else picture)


def png_of(pixels: Picture) -> bytes:
    """Write uint8 pixels (height, width, channels) as a PNG."""
    buffer = io.BytesIO()
    image_of(pixels).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()
