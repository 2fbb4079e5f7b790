"""Decoding many pictures at once, in threads."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING

from convscope.common.processors import processor_count
from convscope.errors import PictureError
from convscope.pictures.pillow_warnings import pillow_warnings_ignored
from convscope.pictures.reading import read

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from convscope.pictures.sources.source import Load, Picture, Source

DIGEST_SIZE = 16
TICK_SECONDS = 0.1
MOST_THREADS = 16  # with more, the work that Pillow does under Python's lock is the bottleneck

Progress = Callable[[int, int], None]
"""Called with (pictures done, pictures in all)."""


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """One picture of a source, decoded.

    Attributes:
        index: Its index in the source.
        pixels: uint8 (H, W) or (H, W, C).
        digest: Digest of its encoded bytes, or of its pixels if it comes from an array.
        loaded: The data from the source: encoded bytes, or pixels.
        guess: How the value range was guessed, if necessary.
        is_first_of_several: Whether its file has more frames or pages.
    """

    index: int
    pixels: Picture
    digest: bytes
    loaded: bytes | Picture
    guess: str = ""
    is_first_of_several: bool = False


def decode(
    source: Source,
    indices: Iterable[int],
    take: Callable[[Decoded], None],
    refuse: Callable[[int, PictureError], None],
    tick: Callable[[], None] = lambda: None,
    *,
    shortest_side: int | None = None,
) -> None:
    """Decode pictures of a source, one thread per processor.

    Each thread fetches a picture when it has finished the previous one, so that memory never holds more
    pictures than there are threads. Pillow releases Python's global lock while decoding.

    Args:
        source: The source of the pictures.
        indices: Indices of the pictures, ascending.
        take: Called with each decoded picture, in any order, from any thread. An exception in it stops
            decoding.
        refuse: Called in the same way with index and error of each unreadable picture.
        tick: Called in the calling thread ten times a second, to report progress.
        shortest_side: See `read_picture`.
    """
    feed = source.iterate(indices)
    lock = threading.Lock()
    stop = threading.Event()

    def work() -> None:
        while not stop.is_set() and (fetched := _fetch(feed, lock)):
            index, load = fetched
            try:
                decoded = _decode(index, load, source, shortest_side)
            except PictureError as error:
                refuse(index, error)
            else:
                take(decoded)

    workers = min(processor_count(), MOST_THREADS)
    with pillow_warnings_ignored, ThreadPoolExecutor(workers) as pool:
        try:
            running = {pool.submit(work) for _ in range(workers)}
            while running:
                ended, running = wait(running, TICK_SECONDS, FIRST_COMPLETED)
                for future in ended:
                    future.result()
                tick()
        finally:
            stop.set()


def no_progress(done: int, total: int) -> None:
    """Report nothing."""


def _fetch(feed: Iterator[tuple[int, Load]], lock: threading.Lock) -> tuple[int, Load] | None:
    with lock:
        return next(feed, None)


def _decode(index: int, load: Load, source: Source, shortest_side: int | None) -> Decoded:
    data = load()
    digest = hashlib.blake2b(digest_size=DIGEST_SIZE)
    if isinstance(data, bytes):
        digest.update(data)
        reading = read(data, source.items[index].name, shortest_side)
        return Decoded(
            *(index, reading.pixels, digest.digest(), data),
            *(reading.guess, reading.is_first_of_several),
        )
    digest.update(repr(data.shape).encode())
    digest.update(data.tobytes())
    return Decoded(index, data, digest.digest(), data)
