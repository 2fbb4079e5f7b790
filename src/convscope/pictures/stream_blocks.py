"""Training pictures that do not fit on the disk, decoded block by block.

Each epoch reads the shards in a new random order and is divided into blocks. The pictures of a block are
decoded into a file and shuffled there; while they are trained on, the next block is decoded into a second
file. So the disk holds at most two blocks, for any number of pictures. The order of pictures only depends on
the seed, the epoch and the position in it, so that a run can resume inside any block.
"""

from __future__ import annotations

import math
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Self

import numpy as np

from convscope.common.disk_space import reserve
from convscope.errors import DataError
from convscope.pictures.batches import batches, draw_order
from convscope.pictures.decoding import Decoded, decode
from convscope.pictures.preparation import prepare
from convscope.pictures.store_building import unwritable_store

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from convscope.errors import PictureError
    from convscope.pictures.preparation import Preparation
    from convscope.pictures.sources.source import Source
    from convscope.pictures.store import Catalogue, Store

    Share = Callable[[slice], slice]

_PIECES = 16
"""A block consists of at least this many pieces, because neighbours in a large shard may be similar."""


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """A block of training pictures.

    Attributes:
        number: Number of the block within the epoch, from 0.
        indices: (n,) its pictures, ascending.
        held: (m,) the pictures that this process trains on, ascending.
        store: These m pictures.
    """

    number: int
    indices: NDArray[np.int64]
    held: NDArray[np.int64]
    store: Store

    def rows(self, indices: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the rows of the store with pictures of this process."""
        return np.searchsorted(self.held, indices)


def block_indices(
    train: NDArray[np.int64], ends: NDArray[np.int64], taken: slice, *, seed: int, epoch: int, piece: int
) -> NDArray[np.int64]:
    """Return the pictures of a block.

    Shards are divided into pieces, the pieces are shuffled for the epoch, and a block is a slice of the
    resulting sequence of pictures. It may begin and end inside a piece.

    Args:
        train: The training pictures, ascending.
        ends: The number of pictures, of all parts, up to the end of each shard.
        taken: The slice of the sequence.
        seed: The run's seed.
        epoch: The epoch, from 0.
        piece: The largest number of pictures in a piece.

    Returns:
        Its pictures, ascending.

    Example:
        >>> train, ends = np.arange(8), np.array([4, 8])
        >>> halves = slice(0, 5), slice(5, 8)
        >>> [block_indices(train, ends, half, seed=0, epoch=0, piece=2).tolist() for half in halves]
        [[0, 1, 4, 5, 6], [2, 3, 7]]
    """
    shard_starts = np.append(0, np.searchsorted(train, ends))
    starts = np.concatenate([np.arange(first, last, piece) for first, last in pairwise(shard_starts)])
    lengths = np.diff(np.append(starts, len(train)))
    order = np.random.default_rng((seed, epoch, 0, 1)).permutation(len(starts))  # not used by any block
    begins = np.cumsum(lengths[order]) - lengths[order]  # start of each piece in the epoch
    skipped = np.clip(taken.start - begins, 0, lengths[order])
    stopped = np.clip(taken.stop - begins, 0, lengths[order])
    parts = [
        train[start + first : start + end]
        for start, first, end in zip(starts[order], skipped, stopped, strict=True)
        if first < end
    ]
    return np.sort(np.concatenate(parts))


class WholeStore:
    """A store as a single block, without decoding.

    Args:
        store: All pictures.
        train: The training pictures, ascending.
        steps: Batches per epoch.
    """

    count = 1

    def __init__(self, store: Store, train: NDArray[np.int64], steps: int) -> None:
        self.steps = steps
        self._block = Block(0, train, np.arange(len(store.labels)), store)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def take(self, epoch: int, number: int) -> Block:  # noqa: ARG002  # it is the same every time
        """Return the block."""
        return self._block


class StreamBlocks:
    """The blocks of a run; each is decoded while the previous one is in use.

    Args:
        source: The pictures.
        catalogue: Their catalogue.
        train: The training pictures, ascending.
        ends: Cumulative number of pictures at the end of each shard.
        steps: Batches per block.
        batch: Batch size.
        seed: The run's seed.
        share: Returns this process's part of a batch.
        folder: The folder of the two files. They are unlinked, so they vanish however the process ends.

    Raises:
        StoreError: There is no disk space for the two files.
    """

    def __init__(
        self,
        source: Source,
        catalogue: Catalogue,
        train: NDArray[np.int64],
        ends: NDArray[np.int64],
        *,
        steps: int,
        batch: int,
        seed: int,
        share: Share,
        folder: Path,
    ) -> None:
        self._source, self._catalogue = source, catalogue
        self._train, self._ends = train, ends
        self.steps, self._batch, self._seed = steps, batch, seed
        self._share = share
        self._slots = [_scratch(folder, self._most_rows(), catalogue.preparation) for _ in range(2)]
        self._closing = threading.Event()
        self._ahead: tuple[tuple[int, int], Future[Block]] | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="blocks")

    @property
    def count(self) -> int:
        """Blocks per epoch."""
        return math.ceil(len(self._train) // self._batch / self.steps)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._thread.shutdown(cancel_futures=True)

    def take(self, epoch: int, number: int) -> Block:
        """Return a block, and start to decode the next one, overwriting the previous one.

        Raises:
            DataError: A picture or shard that was readable before cannot be read.
        """
        if self._ahead is None or self._ahead[0] != (epoch, number):
            self._begin(epoch, number)
        assert self._ahead  # noqa: S101
        block = self._ahead[1].result()
        following = number + 1
        self._begin(epoch + following // self.count, following % self.count)
        return block

    def _begin(self, epoch: int, number: int) -> None:
        self._slots.reverse()
        task = self._thread.submit(self._decode, epoch, number, self._slots[0])
        self._ahead = (epoch, number), task

    def _decode(self, epoch: int, number: int, slot: NDArray[np.uint8]) -> Block:
        size, seed = self.steps * self._batch, self._seed
        # pictures that do not fill a batch belong to the last block, which drops some at random
        taken = slice(number * size, (number + 1) * size if number + 1 < self.count else len(self._train))
        piece = math.ceil(size / _PIECES)
        indices = block_indices(self._train, self._ends, taken, seed=seed, epoch=epoch, piece=piece)
        order = draw_order(indices, seed=seed, epoch=epoch, block=number)
        shares = [order[self._share(places)] for places in batches(len(order), self._batch)]
        held = np.sort(np.concatenate(shares))
        pictures, form = slot[: len(held)], self._catalogue.preparation

        def take(decoded: Decoded) -> None:
            if self._closing.is_set():
                raise _Closed
            pictures[np.searchsorted(held, decoded.index)] = prepare(decoded.pixels, form)

        decode(self._source, held.tolist(), take, _refuse, shortest_side=form.shortest_side)
        return Block(number, indices, held, self._catalogue.store(held, pictures))

    def _most_rows(self) -> int:
        return self.steps * len(range(self._batch)[self._share(slice(0, self._batch))])


class _Closed(Exception):  # noqa: N818  # not an error: the block is no longer needed
    pass


def _refuse(index: int, error: PictureError) -> None:  # noqa: ARG001
    raise DataError(
        "the shards changed during training",
        why=f"{error.what}: {error.why}",
        remedy="restore them, and resume with convscope train --resume",
    )


def _scratch(folder: Path, rows: int, form: Preparation) -> NDArray[np.uint8]:
    shape = (rows, form.height, form.width, form.channels)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder) as file:
            reserve(file, math.prod(shape))
            return np.memmap(file, np.uint8, "r+", shape=shape)
    except OSError as error:
        raise unwritable_store(folder, error) from error
