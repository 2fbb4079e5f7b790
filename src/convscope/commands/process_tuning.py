"""What a command sets for its own process before PyTorch is imported.

A library must leave these to the program it works in; `convscope train` is that program.
"""

import os
import signal

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


def explain_bus_errors(text: str) -> None:
    """Say something, and end with exit code 2, if a page of a mapped file cannot be read (SIGBUS).

    Left to itself the system ends the process without a word. Python's own handlers are of no use: they run
    when the access that failed has returned, which it never does. So C's handler is a function of ours. It
    runs in the middle of what reads the page, never in the middle of the interpreter's or the allocator's
    work, and does not go back.
    """
    import ctypes

    show_cursor = b"\x1b[?25h" if os.isatty(1) else b""  # what is live on a terminal has hidden it

    def end(_signal: int) -> None:
        os.write(1, show_cursor)
        os.write(2, text.encode() + b"\n")
        os._exit(2)

    handler = ctypes.CFUNCTYPE(None, ctypes.c_int)(end)
    _kept.append(handler)
    ctypes.CDLL(None).signal(signal.SIGBUS, handler)


_kept: list[object] = []
"""What C calls and Python must not throw away."""
