"""Training pictures that are too many for the disk: decoded some at a time, block by block.

An epoch goes through the shards in an order drawn anew, and is cut into blocks of so many pictures. Those of
a block are decoded into a file and shuffled there; while they are learned from, the next block is decoded
into a second file. So what is on the disk is bounded by two blocks, whatever the number of pictures. Which
picture comes when follows from the seed, the epoch and the place in it alone, so that a run can go on inside
any block.
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
"""A block takes from so many places at least: what lies together in a large shard may be alike."""


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """What is learned from at a time.

    Attributes:
        number: Which block of its epoch it is, from 0.
        indices: (n,) its pictures, ascending.
        held: (m,) those of them that this process learns from, ascending.
        store: These m pictures.
    """

    number: int
    indices: NDArray[np.int64]
    held: NDArray[np.int64]
    store: Store

    def rows(self, indices: NDArray[np.int64]) -> NDArray[np.int64]:
        """Say in which rows of the store pictures are that this process learns from."""
        return np.searchsorted(self.held, indices)


def block_indices(
    train: NDArray[np.int64], ends: NDArray[np.int64], taken: slice, *, seed: int, epoch: int, piece: int
) -> NDArray[np.int64]:
    """Find the pictures of a block.

    Shards are cut into pieces, the pieces are put into an order drawn for the epoch, and a block is part of
    the row of pictures that results. It may begin and end inside a piece.

    Args:
        train: The pictures learned from, ascending.
        ends: How many pictures of all there are up to the end of each shard.
        taken: Which places of the row.
        seed: Of the run.
        epoch: From 0.
        piece: How many pictures a piece has at most.

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
    order = np.random.default_rng((seed, epoch, 0, 1)).permutation(len(starts))  # no block draws from this
    begins = np.cumsum(lengths[order]) - lengths[order]  # where each piece begins in the epoch
    skipped = np.clip(taken.start - begins, 0, lengths[order])
    stopped = np.clip(taken.stop - begins, 0, lengths[order])
    parts = [
        train[start + first : start + end]
        for start, first, end in zip(starts[order], skipped, stopped, strict=True)
        if first < end
    ]
    return np.sort(np.concatenate(parts))


class WholeStore:
    """The one block that a store is: nothing has to be decoded.

    Args:
        store: All pictures.
        train: Which of them are learned from, ascending.
        steps: Batches an epoch.
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
    """The blocks of a run, decoded one ahead.

    Args:
        source: The pictures.
        catalogue: What is known of each of them.
        train: Which of them are learned from, ascending.
        ends: How many of them there are up to the end of each shard.
        steps: Batches a block.
        batch: Pictures a batch.
        seed: Of the run.
        share: Names this process's places among those of a batch.
        folder: Where the two files lie. They have no name: however the process ends, they are gone.

    Raises:
        StoreError: There is no room for the two files.
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
        """StreamBlocks an epoch."""
        return math.ceil(len(self._train) // self._batch / self.steps)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._thread.shutdown(cancel_futures=True)

    def take(self, epoch: int, number: int) -> Block:
        """Return a block, and begin to decode the one after it in the place of the one before.

        Raises:
            DataError: A picture cannot be read that could be before, or its shard cannot.
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
        # what does not fill a batch goes with the last block, where it is drawn which of them are left out
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


class _Closed(Exception):  # noqa: N818  # no error: nobody needs the block any more
    pass


def _refuse(index: int, error: PictureError) -> None:  # noqa: ARG001
    raise DataError(
        "the shards have changed while they were learned from",
        why=f"{error.what}: {error.why}",
        remedy="put back what was there, and go on with convscope train --resume",
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
