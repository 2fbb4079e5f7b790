"""How many threads compute. It decides in which order sums are taken, and so every last bit of a run."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Generator


_WORTH_A_THREAD = 100_000_000
"""For so many products another thread is worth waking: it saves more than every operation's wait for it costs
(one thread beats two up to about 150 million a step, on two cores of an AMD Zen 5)."""


def threads_worth(multiply_adds: int) -> int:
    """Say how many threads to compute steps with; at most as many as PyTorch would take.

    Args:
        multiply_adds: Products that are summed on the forward way of a step.

    Example:
        >>> threads_worth(30_000_000)
        1
    """
    return min(torch.get_num_threads(), max(1, multiply_adds // _WORTH_A_THREAD))


@contextmanager
def computing_threads(count: int) -> Generator[None]:
    """Let PyTorch compute with so many threads, whatever it would choose; afterwards with as many as before.

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
