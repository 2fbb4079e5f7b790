"""What a command sets for its own process before PyTorch is imported.

A library must leave these to the program it works in; `convscope train` is that program.
"""

import os

_M_TRIM_THRESHOLD, _M_MMAP_MAX, _M_ARENA_MAX = -1, -4, -8
"""Names of glibc's, see mallopt(3)."""


def tune() -> None:
    """Make training steps faster: threads that do not spin for long, and memory that stays ours.

    PyTorch's threads wait for their next task in a busy loop, of milliseconds unless told otherwise, and keep
    those that run our kernels from their cores meanwhile.

    Every step needs the same large blocks again. Left to itself, glibc hands each back to the system when it
    is freed and takes it page by page when it is used again, thousands of pages a step. With one arena that
    never shrinks, no step but the first takes a page.
    """
    import ctypes

    os.environ.setdefault("GOMP_SPINCOUNT", "2000")
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:  # other C libraries than glibc have none
        for parameter, value in ((_M_MMAP_MAX, 0), (_M_TRIM_THRESHOLD, -1), (_M_ARENA_MAX, 1)):
            mallopt(parameter, value)
