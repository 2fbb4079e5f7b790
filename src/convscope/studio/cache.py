"""A bounded cache for values shared by several threads."""

from __future__ import annotations

import threading
from collections import OrderedDict
from concurrent.futures import Future
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

Key = TypeVar("Key", bound="Hashable")
Value = TypeVar("Value")


class Cache(Generic[Key, Value]):
    """Keeps the most recently used values; thread-safe.

    Each value is computed once: other threads that need it wait for the first, and threads that need other
    keys do not wait. A computation that raises is not cached.

    Args:
        size: Largest number of values; the least recently used is dropped first.

    Example:
        >>> squares = Cache[int, int](size=2)
        >>> squares.get(3, lambda: 9)
        9
        >>> squares.get(3, lambda: 1 / 0)
        9
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._entries: OrderedDict[Key, Future[Value]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Key, compute: Callable[[], Value]) -> Value:
        """Return the value of a key; compute it if it is missing.

        Raises:
            Exception: The exception of `compute`, in every thread that waited for it.
        """
        with self._lock:
            entry = self._entries.get(key)
            is_mine = entry is None
            if entry is None:
                entry = self._entries[key] = Future()
            self._entries.move_to_end(key)
            if len(self._entries) > self._size:
                self._entries.popitem(last=False)
        if is_mine:
            try:
                entry.set_result(compute())
            except BaseException as error:  # noqa: BLE001 - raised below, in every thread that waits
                self._drop(key, entry)
                entry.set_exception(error)
        return entry.result()

    def discard(self, key: Key, value: Value) -> None:
        """Drop an outdated value of a key, unless it was already replaced."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is not None and entry.done() and entry.result() is value:
                del self._entries[key]

    def _drop(self, key: Key, entry: Future[Value]) -> None:
        with self._lock:
            if self._entries.get(key) is entry:
                del self._entries[key]
