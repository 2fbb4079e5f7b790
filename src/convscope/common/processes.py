"""Other processes: how to start, inspect, interrupt and end them on every system.

Source: https://docs.python.org/3/library/os.html#os.kill; on Windows, almost any signal ends the process.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TypedDict

STOP_SIGNALS: tuple[signal.Signals, ...] = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGBREAK") if hasattr(signal, name)
)
"""The signals that request a process to stop. Windows has SIGBREAK, for Ctrl-Break."""


class PopenOptions(TypedDict, total=False):
    """Options of `subprocess.Popen`."""

    creationflags: int
    start_new_session: bool
    pass_fds: list[int]


def background_options(lock: int | None) -> PopenOptions:
    """Return options of `subprocess.Popen` for a process that is not affected by Ctrl-C in this terminal.

    Args:
        lock: A lock that the process should hold, too, from `common.locking.locked`.
    """
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True, "pass_fds": [] if lock is None else [lock]}


def interrupt(process: int) -> None:
    """Ask a process that was started with `background_options` to stop, as Ctrl-C does.

    Raises:
        OSError: There is no such process.
    """
    if sys.platform == "win32":  # on Windows, Ctrl-C cannot be sent to a single process group
        os.kill(process, signal.CTRL_BREAK_EVENT)
    else:
        os.kill(process, signal.SIGINT)


def is_alive(process: int) -> bool:
    """Whether a process is running."""
    if sys.platform == "win32":
        return _is_alive_on_windows(process)
    try:
        os.kill(process, 0)  # signal 0 only checks
    except ProcessLookupError:
        return False
    except OSError:
        return True  # a process of another user
    return True


if sys.platform == "win32":
    import ctypes

    _QUERY_LIMITED_INFORMATION, _STILL_ACTIVE = 0x1000, 259

    def _is_alive_on_windows(process: int) -> bool:
        kernel = ctypes.windll.kernel32
        handle = kernel.OpenProcess(_QUERY_LIMITED_INFORMATION, 0, process)
        if not handle:
            return False
        code = ctypes.c_ulong()
        kernel.GetExitCodeProcess(handle, ctypes.byref(code))
        kernel.CloseHandle(handle)
        return code.value == _STILL_ACTIVE
