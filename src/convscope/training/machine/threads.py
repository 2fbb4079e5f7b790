"""The number of threads decides in which order sums are taken, and so the last bits of a run."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Generator


@contextmanager
def computing_threads(count: int) -> Generator[None]:
    """Let PyTorch compute with this many threads inside the context.

    Example:
        >>> with computing_threads(3):
        ...     torch.get_num_threads()
        3
    """
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
