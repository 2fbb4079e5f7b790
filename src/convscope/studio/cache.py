"""A bounded cache for values that several threads ask for."""

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

    Each value is computed once: threads that ask for it meanwhile wait for the first, and threads that ask
    for other keys do not wait. A computation that raises is not kept.

    Args:
        size: How many values are kept; the least recently used is dropped first.

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
        """Return the value of a key, computing it if it is not there.

        Raises:
            Exception: Whatever `compute` raised, in every thread that waited for it.
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
        """Drop the value of a key, unless another has taken its place: for a value that is out of date."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is not None and entry.done() and entry.result() is value:
                del self._entries[key]

    def _drop(self, key: Key, entry: Future[Value]) -> None:
        with self._lock:
            if self._entries.get(key) is entry:
                del self._entries[key]
