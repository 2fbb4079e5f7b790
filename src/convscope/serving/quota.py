"""So much may be held at once, of bytes or pictures, by all requests together."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from convscope.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator


class Quota:
    """A bound on what is held, kept by one thread (the event loop's).

    Args:
        limit: How much may be held at once.
        what: Its plural, for the error.

    Attributes:
        limit: As given.
        held: How much is held now.

    Example:
        >>> pictures = Quota(3, "pictures")
        >>> with pictures.share() as take:
        ...     take(2)
        ...     pictures.held
        2
        >>> pictures.held
        0
    """

    def __init__(self, limit: int, what: str) -> None:
        self.limit = limit
        self.held = 0
        self._what = what

    @contextmanager
    def share(self) -> Generator[Callable[[int], None]]:
        """Give a function that takes some more each time; all that it took is given back in the end.

        Raises:
            RequestError: 429, by that function: more would be held than may be.
        """
        mine = 0

        def take(amount: int) -> None:
            nonlocal mine
            if self.held + amount > self.limit:
                raise RequestError(
                    "the service is busy",
                    status=429,
                    why=f"it holds {self.held:,} {self._what} of at most {self.limit:,}",
                    remedy="ask again in a moment",
                    retry_seconds=1,
                )
            self.held += amount
            mine += amount

        try:
            yield take
        finally:
            self.held -= mine
