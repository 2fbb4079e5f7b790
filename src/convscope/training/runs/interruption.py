"""Ctrl-C and SIGTERM: training stops between two steps, everything else at once."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from convscope.common.processes import STOP_SIGNALS

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable
    from types import FrameType

    Handler = Callable[[int, FrameType | None], object]


class StopRequest:
    """Whether the user, or the system, has requested this process to stop.

    Attributes:
        is_made: Whether a stop was requested.
        position: Completed and planned epochs when training stopped; zeros before that.
    """

    def __init__(self) -> None:
        self.is_made = False
        self.position: tuple[int, int] = (0, 0)

    @contextmanager
    def deferred(self) -> Generator[Callable[[], bool]]:
        """Yield a function that returns whether to stop; inside the block, signals do nothing else.

        The second Ctrl-C is not caught.
        """
        before = {number: signal.getsignal(number) for number in STOP_SIGNALS}

        def note(number: int, frame: FrameType | None) -> None:  # noqa: ARG001  # a signal handler's signature
            self.is_made = True
            signal.signal(number, before[signal.Signals(number)])

        with _handled(STOP_SIGNALS, note):
            yield lambda: self.is_made

    def interrupt(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """Handle a signal: note it, and raise KeyboardInterrupt."""
        self.is_made = True
        raise KeyboardInterrupt


@contextmanager
def stop_requests() -> Generator[StopRequest]:
    """Inside the block, note that the user requests a stop, and interrupt the process.

    Python raises KeyboardInterrupt at any point, and a library may catch it or convert it to another error.
    The note remains. SIGTERM is only noted where it is deferred, and ends the process elsewhere: torchrun
    sends it to processes that wait for a lost one, where Python handles no signals.
    """
    request = StopRequest()
    with _handled((signal.SIGINT,), request.interrupt):
        yield request


@contextmanager
def _handled(numbers: Iterable[signal.Signals], handler: Handler) -> Generator[None]:
    """Handle signals; do nothing outside the main thread, where Python delivers none."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)
