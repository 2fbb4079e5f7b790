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

import numpy as np

from convscope.common.processors import processor_count
from convscope.network.kernels import CHUNKS

if TYPE_CHECKING:
    from collections.abc import Callable

_WORTH_SHARING = 1_000_000
"""Handing a share to another thread takes as long as working through about this many numbers."""


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="convscope-kernel")


def run(kernel: Callable[..., None], *arguments: Any, threads: int | None = None) -> None:  # noqa: ANN401  # arrays and numbers
    """Run a kernel over all its chunks; returns when the last one is done.

    Args:
        kernel: Takes the first chunk, the one to stop before, and the arguments.
        arguments: Arrays and numbers.
        threads: How many share the work; None: as many as there are processors, if there is enough of it.
    """
    threads = min(threads or _worth(arguments), CHUNKS)
    cuts = [share * CHUNKS // threads for share in range(threads + 1)]
    shares = [_pool(threads).submit(kernel, first, last, *arguments) for first, last in pairwise(cuts[1:])]
    kernel(0, cuts[1], *arguments)  # the calling thread does its own share
    for share in shares:
        share.result()


def _worth(arguments: tuple[Any, ...]) -> int:
    numbers = max(argument.size for argument in arguments if isinstance(argument, np.ndarray))
    return processor_count() if numbers >= _WORTH_SHARING else 1
