"""Hands the chunks of a kernel to threads.

Kernels release the interpreter lock, so plain Python threads run them side by side. A pool of our own is used
rather than Numba's, which takes longer to compile and brings a second set of threads that spin against
PyTorch's.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from convscope.network.kernels import CHUNKS
from convscope.processors import processor_count

if TYPE_CHECKING:
    from collections.abc import Callable


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="convscope-kernel")


def run(kernel: Callable[..., None], *arguments: Any, threads: int | None = None) -> None:  # noqa: ANN401  # arrays and numbers
    """Run a kernel over all its chunks; returns when the last one is done."""
    threads = min(threads or processor_count(), CHUNKS)
    cuts = [share * CHUNKS // threads for share in range(threads + 1)]
    shares = [_pool(threads).submit(kernel, first, last, *arguments) for first, last in pairwise(cuts[1:])]
    kernel(0, cuts[1], *arguments)  # the calling thread does its own share
    for share in shares:
        share.result()
