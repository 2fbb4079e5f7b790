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
"""Of a batch, forwards: with fewer, threads wait for each other about as long as they compute."""
_trained_in: set[int] = set()
"""The process that has trained, if any. A fork inherits it, but not the threads that computed."""


@contextmanager
def computing_threads(count: int | None) -> Generator[int]:
    """Let PyTorch compute with this many threads inside the context.

    Args:
        count: The threads; None leaves it to PyTorch, but no more than this process may use.

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
    """Let PyTorch compute small training steps in one thread inside the context.

    Threads that share an operation wait for each other in busy loops. Where other programs want the
    processors, too, small steps then take several times as long as in one thread.

    Args:
        products: Multiplications and additions of a batch, forwards.
    """
    return computing_threads(1) if products < _MIN_SHARED_PRODUCTS else nullcontext()


def check_not_forked() -> None:
    """Check that this process has not been forked from one that has trained, and note that it trains now.

    A fork has none of the threads of OpenMP that its parent has started, and waits for them for ever.

    Raises:
        RunError: It has.
    """
    if _trained_in - {os.getpid()}:
        raise RunError(
            "cannot train in a process that was forked after a training",
            why="compute threads do not survive a fork, so it would wait forever",
            remedy="start the process with multiprocessing.get_context('spawn')",
        )
    _trained_in.add(os.getpid())
