"""Ignore Pillow's warnings, in any number of threads."""

from __future__ import annotations

import threading
import warnings
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType


class _WarningsIgnored:
    """A context in which warnings are ignored, safe to enter from many threads at once.

    Python's warning filters are global to the process, and `warnings.catch_warnings` restores the previous
    ones; overlapping threads would restore each other's filters. So only the first thread to enter changes
    the filters, and only the last one to leave restores them.
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


pillow_warnings_ignored = _WarningsIgnored()
