"""Many pictures at once: read and decoded in threads."""

from __future__ import annotations

import hashlib
import threading
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING

from convscope.common.processors import processor_count
from convscope.errors import PictureError
from convscope.pictures.quiet import quiet
from convscope.pictures.reading import read_picture

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from convscope.pictures.sources.source import Load, Picture, Source

DIGEST_SIZE = 16
TICK_SECONDS = 0.1
MOST_THREADS = 16  # with more, what Pillow does inside Python's lock is all that counts


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """One picture of a source, decoded.

    Attributes:
        index: Its place in the source.
        pixels: uint8 (H, W) or (H, W, C).
        digest: Digest of its encoded bytes, or of its pixels where it never was encoded.
        loaded: What the source gave: encoded bytes, or the pixels.
    """

    index: int
    pixels: Picture
    digest: bytes
    loaded: bytes | Picture


def decode(
    source: Source,
    indices: Iterable[int],
    take: Callable[[Decoded], None],
    refuse: Callable[[int, PictureError], None],
    tick: Callable[[], None] = lambda: None,
    *,
    shortest_side: int | None = None,
) -> None:
    """Decode pictures of a source in as many threads as there are processors.

    Each thread fetches its next picture from the source when it is done with the one before, so no more
    pictures are in memory than there are threads. Pillow decodes outside Python's global lock.

    Args:
        source: Where they come from.
        indices: Which of them, ascending.
        take: Called with each one decoded, in any order, from any thread. What it raises ends the decoding.
        refuse: Called in the same way with each one that cannot be read.
        tick: Called in the calling thread ten times a second, for progress.
        shortest_side: As in `read_picture`.
    """
    feed = source.iterate(indices)
    lock = threading.Lock()
    stop = threading.Event()

    def work() -> None:
        while not stop.is_set() and (next_one := _fetch(feed, lock)):
            index, load = next_one
            try:
                decoded = _decode(index, load, source, shortest_side)
            except PictureError as error:
                refuse(index, error)
            else:
                take(decoded)

    workers = min(processor_count(), MOST_THREADS)
    with quiet, ThreadPoolExecutor(workers) as pool:
        try:
            running = {pool.submit(work) for _ in range(workers)}
            while running:
                ended, running = wait(running, TICK_SECONDS, FIRST_COMPLETED)
                for one in ended:
                    one.result()
                tick()
        finally:
            stop.set()


def _fetch(feed: Iterator[tuple[int, Load]], lock: threading.Lock) -> tuple[int, Load] | None:
    with lock:
        return next(feed, None)


def _decode(index: int, load: Load, source: Source, shortest_side: int | None) -> Decoded:
    data = load()
    digest = hashlib.blake2b(digest_size=DIGEST_SIZE)
    if isinstance(data, bytes):
        digest.update(data)
        pixels = read_picture(data, source.items[index].name, shortest_side)
        return Decoded(index, pixels, digest.digest(), data)
    digest.update(repr(data.shape).encode())
    digest.update(data.tobytes())
    return Decoded(index, data, digest.digest(), data)
