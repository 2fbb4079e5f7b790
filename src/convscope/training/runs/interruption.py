"""Ctrl-C and SIGTERM: a run stops between two steps, never inside one."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from convscope.common.processes import STOP_SIGNALS

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from types import FrameType


@contextmanager
def stop_requested() -> Generator[Callable[[], bool]]:
    """Yield a function that returns whether a person, or the system, has asked this process to stop.

    The second Ctrl-C is not caught any more. Outside the main thread, where Python delivers no signals, it
    always returns False.
    """
    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    requested = threading.Event()
    before = {number: signal.getsignal(number) for number in STOP_SIGNALS}

    def note(number: int, frame: FrameType | None) -> None:  # noqa: ARG001  # a signal handler's signature
        requested.set()
        signal.signal(number, before[signal.Signals(number)])

    for number in STOP_SIGNALS:
        signal.signal(number, note)
    try:
        yield requested.is_set
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
