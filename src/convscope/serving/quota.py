"""A limit on what all requests together hold at the same time, in bytes or pictures."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from convscope.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator


class Quota:
    """A limit shared by all requests. Not thread-safe: only the event loop uses it.

    Args:
        limit: Largest amount reserved at the same time.
        unit: The unit, in the plural, for the error message.

    Attributes:
        limit: The limit.
        used: The amount reserved now.

    Example:
        >>> pictures = Quota(3, "pictures")
        >>> with pictures.reservation() as reserve:
        ...     reserve(2)
        ...     pictures.used
        2
        >>> pictures.used
        0
    """

    def __init__(self, limit: int, unit: str) -> None:
        self.limit = limit
        self.used = 0
        self._unit = unit

    @contextmanager
    def reservation(self) -> Generator[Callable[[int], None]]:
        """Yield a function that reserves an amount; everything reserved is released at the end of the block.

        Raises:
            RequestError: 429, from that function: the limit would be exceeded.
        """
        mine = 0

        def reserve(amount: int) -> None:
            nonlocal mine
            if self.used + amount > self.limit:
                raise RequestError(
                    "the service is busy",
                    status=429,
                    why=f"{self.used:,} of at most {self.limit:,} {self._unit} are in use",
                    remedy="try again in a moment",
                    retry_seconds=1,
                )
            self.used += amount
            mine += amount

        try:
            yield reserve
        finally:
            self.used -= mine
