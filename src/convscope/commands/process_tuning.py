"""Settings of a command's process, made before PyTorch is imported.

A library must leave these settings to the program that uses it, here `convscope train`.
"""

import ctypes
import os
import signal
import sys

_M_TRIM_THRESHOLD, _M_MMAP_MAX, _M_ARENA_MAX = -1, -4, -8
"""Parameters of glibc's mallopt(3)."""

_HANDLER = """
declare i64 @write(i32, i8*, i64)
declare void @_exit(i32)
define void @handler(i32 %signal) {{
    %written = call i64 @write(i32 2, i8* inttoptr (i64 {address} to i8*), i64 {length})
    call void @_exit(i32 2)
    ret void
}}
"""
"""A signal handler in LLVM assembly: write the message to standard error and exit with code 2."""


def tune() -> None:
    """Make training steps faster: threads with short spinning, and memory that is not returned to the system.

    PyTorch's threads busy-wait for their next task, by default for milliseconds, and thereby take processor
    time from the threads of our own kernels.

    Every step needs the same large blocks of memory. By default, glibc returns a freed block to the system,
    and the next use faults it in page by page, thousands of pages per step. With a single arena that never
    shrinks, only the first step has page faults.
    """
    os.environ.setdefault("GOMP_SPINCOUNT", "2000")
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:  # C libraries other than glibc lack it
        for parameter, value in ((_M_MMAP_MAX, 0), (_M_TRIM_THRESHOLD, -1), (_M_ARENA_MAX, 1)):
            mallopt(parameter, value)


def exit_on_bus_errors(message: str) -> None:
    """Print a message and exit with code 2 if a page of a mapped file cannot be read (SIGBUS).

    By default, the system kills the process without a message. A Python handler does not help, neither with
    the signal module nor with ctypes: it needs the interpreter lock (GIL), which may be held by the thread
    that waits for the unreadable page. So the handler is machine code that calls write(2) and _exit(2), which
    are safe in signal handlers.
    """
    if sys.platform == "win32":  # Windows has no such signal
        return
    from llvmlite import binding as llvm

    show_cursor = "\x1b[?25h" if os.isatty(2) else ""  # the live line has hidden the cursor
    text = ctypes.create_string_buffer(f"{show_cursor}{message}\n".encode())
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    code = llvm.parse_assembly(_HANDLER.format(address=ctypes.addressof(text), length=len(text) - 1))
    engine = llvm.create_mcjit_compiler(code, llvm.Target.from_default_triple().create_target_machine())
    engine.finalize_object()
    _kept.extend((text, engine))
    set_handler = ctypes.CDLL(None).signal
    set_handler.argtypes = (ctypes.c_int, ctypes.c_void_p)
    set_handler(signal.SIGBUS, engine.get_function_address("handler"))


_kept: list[object] = []
"""Objects used by the handler, kept until the process ends."""
