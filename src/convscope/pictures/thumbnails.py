"""Thumbnails of all pictures of a source, to display many quickly.

They have their own store, because people want to see the aspect ratio of a picture, which a network may not
need. It has two files: `thumbnails.bin`, where the pixels of picture n (uint8, height x width x channels)
begin at n * `SLOT`, and `shapes.npy` (uint8, N x 3), zeros for an unreadable picture.
"""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import PIL

from convscope.common.cache_folder import cache_folder
from convscope.common.digests import digest_of
from convscope.pictures.decoding import Decoded, decode
from convscope.pictures.reading import image_of
from convscope.pictures.store_building import read_or_build

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from convscope.pictures.sources.source import Picture, Source

SIDE = 96
"""The longest side of a thumbnail, in pixels."""
SLOT = SIDE * SIDE * 3
_FORMAT = 1
_PIXELS, _SHAPES = "thumbnails.bin", "shapes.npy"


@dataclass(frozen=True, slots=True, eq=False)
class Thumbnails:
    """The thumbnails of a source.

    Attributes:
        shapes: uint8 (N, 3), height, width and channels of each, in the source's order.
        slots: uint8 (N, SLOT), memory-mapped.
    """

    shapes: NDArray[np.uint8]
    slots: NDArray[np.uint8]

    def pixels(self, index: int) -> Picture | None:
        """Return one thumbnail, uint8 (height, width, channels); None if the picture is unreadable."""
        shape = tuple(self.shapes[index].tolist())
        size = int(np.prod(shape))
        return np.array(self.slots[index, :size]).reshape(shape) if size else None


def build_thumbnails(source: Source) -> Thumbnails:
    """Create the thumbnails of a source, or open those from an earlier run.

    Raises:
        StoreError: They cannot be written.
    """
    name = digest_of((_FORMAT, PIL.__version__, source.fingerprint()))
    count = len(source.items)
    read = partial(_read, count=count)
    return read_or_build(cache_folder() / "thumbnails" / name, read, partial(_build, source))


def small(picture: Picture) -> Picture:
    """Scale a picture down to a thumbnail with its aspect ratio; smaller pictures are unchanged.

    Args:
        picture: uint8 (height, width) or (height, width, channels).

    Returns:
        uint8 (height, width, channels).

    Example:
        >>> small(np.zeros((200, 100), np.uint8)).shape, small(np.zeros((8, 9, 3), np.uint8)).shape
        ((96, 48, 1), (8, 9, 3))
    """
    image = image_of(picture)
    image.thumbnail((SIDE, SIDE))
    return np.asarray(image).reshape(image.height, image.width, -1)


def _build(source: Source, building: Path) -> None:
    shapes = np.zeros((len(source.items), 3), np.uint8)
    lock = threading.Lock()
    with (building / _PIXELS).open("wb") as file:

        def keep(decoded: Decoded) -> None:
            pixels = small(decoded.pixels)
            with lock:  # not into mapped memory, because a full disk would kill the process
                file.seek(decoded.index * SLOT)
                file.write(pixels.tobytes())
            shapes[decoded.index] = pixels.shape

        decode(source, range(len(shapes)), keep, lambda _index, _error: None, shortest_side=SIDE)
        file.truncate(len(shapes) * SLOT)
        file.flush()
        os.fsync(file.fileno())
    np.save(building / _SHAPES, shapes, allow_pickle=False)


def _read(folder: Path, count: int) -> Thumbnails | None:
    try:
        shapes = np.load(folder / _SHAPES, allow_pickle=False)
        if shapes.shape != (count, 3) or shapes.dtype != np.uint8 or shapes.max(initial=0) > SIDE:
            return None
        if (folder / _PIXELS).stat().st_size != count * SLOT:
            return None
        return Thumbnails(shapes, np.memmap(folder / _PIXELS, np.uint8, "r", shape=(count, SLOT)))
    except (FileNotFoundError, ValueError, EOFError):
        return None
