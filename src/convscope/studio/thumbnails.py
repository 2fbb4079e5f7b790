"""Pictures made small: from the source where few are looked at, decoded once for all where many are."""

from __future__ import annotations

import io
import threading
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING

from PIL import Image

from convscope.errors import RequestError, StoreError
from convscope.pictures.reading import read_picture
from convscope.pictures.thumbnails import SIDE, Thumbnails, build_thumbnails, small

if TYPE_CHECKING:
    from convscope.pictures.sources import Source
    from convscope.pictures.sources.source import Picture
    from convscope.studio.open_sources import OpenSource

MANY = 200
"""Who has asked for so many of a source is going through it."""
_MOST_PICTURES = 50_000
"""Of more, thumbnails would take gigabytes; they are decoded as they are asked for."""


class ThumbnailShelf:
    """The thumbnails of all sources that somebody goes through."""

    def __init__(self) -> None:
        self._asked: Counter[str] = Counter()
        self._counting = threading.Lock()
        self._built: dict[str, Thumbnails] = {}
        self._building = threading.Lock()

    def png(self, opened: OpenSource, place: int) -> bytes:
        """One picture made small, as a PNG.

        Until all are decoded, which a thread of its own does once many were asked for, it is decoded now.

        Raises:
            RequestError: 404: there is none.
            PictureError: It cannot be read.
        """
        source = opened.source
        if place >= len(source.items):
            raise RequestError(
                f"there is no picture {place}", status=404, why=f"there are {len(source.items):,}"
            )
        if self._count(opened.fingerprint) == MANY and len(source.items) <= _MOST_PICTURES:
            threading.Thread(target=self._build, args=(opened,), daemon=True).start()
        built = self._built.get(opened.fingerprint)
        pixels = built.pixels(place) if built else None
        return _png(_decoded(source, place) if pixels is None else pixels)

    def _count(self, fingerprint: str) -> int:
        with self._counting:  # so that one thread alone finds that there are many
            self._asked[fingerprint] += 1
            return self._asked[fingerprint]

    def _build(self, opened: OpenSource) -> None:
        with self._building, suppress(StoreError):  # without room for them they are decoded as before
            self._built[opened.fingerprint] = build_thumbnails(opened.source)


def _decoded(source: Source, place: int) -> Picture:
    found, name = source.read(place), source.items[place].name
    return small(read_picture(found, name, SIDE) if isinstance(found, bytes) else found)


def _png(pixels: Picture) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()
