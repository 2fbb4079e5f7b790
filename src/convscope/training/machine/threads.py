"""Compute threads: their number, which affects rounding, and whether a fork has lost them."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING

from convscope.common.processors import processor_count
from convscope.errors import RunError

if TYPE_CHECKING:
    from collections.abc import Generator

_MIN_SHARED_PRODUCTS = 200_000_000
"""Multiply-adds of a forward pass: with fewer, threads wait for each other about as long as they compute."""
_trained_in: set[int] = set()
"""The id of the process that has trained, if any. A fork inherits it, but not the compute threads."""


@contextmanager
def computing_threads(count: int | None) -> Generator[int]:
    """Let PyTorch compute with this many threads inside the context.

    Args:
        count: Number of threads; None: PyTorch's default, limited to the processors this process may use.

    Yields:
        The number of threads.

    Example:
        >>> import torch
        >>> with computing_threads(3) as count:
        ...     count, torch.get_num_threads()
        (3, 3)
    """
    import torch  # noqa: PLC0415 - takes seconds, and `check_not_forked` needs it not

    before = torch.get_num_threads()
    count = count or min(before, processor_count())
    torch.set_num_threads(count)
    try:
        yield count
    finally:
        torch.set_num_threads(before)


def threads_for_steps(products: int) -> AbstractContextManager[object]:
    """Let PyTorch use a single thread for small training steps inside the context.

    Threads that share an operation busy-wait for each other. If other programs use the processors, too, small
    steps then take several times as long as with a single thread.

    Args:
        products: Multiply-adds of a forward pass of a batch.
    """
    return computing_threads(1) if products < _MIN_SHARED_PRODUCTS else nullcontext()


def check_not_forked() -> None:
    """Check that this process was not forked from one that has trained, and note that it trains now.

    A fork has none of its parent's OpenMP threads, and would wait for them forever.

    Raises:
        RunError: It was.
    """
    if _trained_in - {os.getpid()}:
        raise RunError(
            "cannot train in a process that was forked after a training",
            why="compute threads do not survive a fork, so it would wait forever",
            remedy="start the process with multiprocessing.get_context('spawn')",
        )
    _trained_in.add(os.getpid())
