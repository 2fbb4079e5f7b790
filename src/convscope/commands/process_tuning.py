"""Settings of a command's process, made before PyTorch is imported.

A library must leave these settings to the program that uses it; `convscope train` is that program.
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
"""A signal handler in LLVM's language: write the message to standard error and exit with code 2."""


def tune() -> None:
    """Make training steps faster: threads that do not spin for long, and memory that is not given back.

    PyTorch's threads wait for their next task in a busy loop, by default for milliseconds, and thereby take
    the processor from the threads that run our own kernels.

    Every step needs the same large blocks of memory again. By default glibc returns each to the system when
    it is freed and gets it page by page when it is used again, thousands of pages a step. With one arena
    that never shrinks, only the first step gets pages.
    """
    os.environ.setdefault("GOMP_SPINCOUNT", "2000")
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:  # other C libraries than glibc do not have it
        for parameter, value in ((_M_MMAP_MAX, 0), (_M_TRIM_THRESHOLD, -1), (_M_ARENA_MAX, 1)):
            mallopt(parameter, value)


def exit_on_bus_errors(message: str) -> None:
    """Print a message and exit with code 2 if a page of a mapped file cannot be read (SIGBUS).

    By default the system kills the process without a word. A handler in Python does not help, whether of the
    signal module or of ctypes: it needs the interpreter lock (GIL), and the thread that holds the lock may be
    waiting for the very page that cannot be read. So the handler is machine code that calls write(2) and
    _exit(2), which signal handlers may do at any time.
    """
    if sys.platform == "win32":  # it has no such signal
        return
    from llvmlite import binding as llvm

    show_cursor = "\x1b[?25h" if os.isatty(2) else ""  # a live line has hidden it
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
"""What the handler uses, to be kept until the process ends."""
