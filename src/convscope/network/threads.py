"""Threads that share the chunks of a kernel.

Kernels release the interpreter lock, so plain Python threads run them in parallel. Numba's own threads would
take longer to compile and would compete with PyTorch's by busy-waiting.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from convscope.common.processors import processor_count
from convscope.network.kernels import CHUNKS

if TYPE_CHECKING:
    from collections.abc import Callable

_MIN_SHARED_NUMBERS = 1_000_000
"""Starting another thread takes as long as processing about this many numbers."""


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="convscope-kernel")


def run(kernel: Callable[..., None], *arguments: Any, threads: int | None = None) -> None:  # noqa: ANN401  # arrays and numbers
    """Run a kernel over all its chunks, and return when the last one is done.

    Args:
        kernel: Takes the first chunk, the chunk to stop before, and the arguments.
        arguments: Arrays and numbers.
        threads: Number of threads; None means one for each processor if there is enough work, else one.
    """
    threads = min(threads or _thread_count(arguments), CHUNKS)
    bounds = [share * CHUNKS // threads for share in range(threads + 1)]
    futures = [_pool(threads).submit(kernel, first, last, *arguments) for first, last in pairwise(bounds[1:])]
    kernel(0, bounds[1], *arguments)  # the calling thread does its own share
    for future in futures:
        future.result()


def _thread_count(arguments: tuple[Any, ...]) -> int:
    numbers = max(argument.size for argument in arguments if isinstance(argument, np.ndarray))
    return processor_count() if numbers >= _MIN_SHARED_NUMBERS else 1
