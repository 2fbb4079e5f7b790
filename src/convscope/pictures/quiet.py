"""Silence about what Pillow finds odd in a picture that it can read all the same."""

from __future__ import annotations

import threading
import warnings
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType


class Quiet:
    """A context in which no warning is shown, safe to enter from many threads at once.

    Python's warning filters belong to the whole process, and `warnings.catch_warnings` restores them in the
    order of leaving; threads that overlap would restore each other's. So only the first to enter changes the
    filters, and only the last to leave puts them back.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._filters = warnings.catch_warnings()

    def __enter__(self) -> Self:
        with self._lock:
            if self._inside == 0:
                self._filters = warnings.catch_warnings()
                self._filters.__enter__()
                warnings.simplefilter("ignore")
            self._inside += 1
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                self._filters.__exit__(kind, error, trace)


quiet = Quiet()
