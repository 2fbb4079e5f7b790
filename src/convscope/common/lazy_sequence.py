"""Sequences whose members are created when they are asked for, because all at once would take much memory."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import TypeVar, overload

_Member_co = TypeVar("_Member_co", covariant=True)


class LazySequence(Sequence[_Member_co]):
    """A sequence that is defined by its length and `at`."""

    __slots__ = ()

    @abstractmethod
    def at(self, index: int) -> _Member_co:
        """Create the member at an index from 0 to the length."""

    @overload
    def __getitem__(self, index: int) -> _Member_co: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[_Member_co, ...]: ...
    def __getitem__(self, index: int | slice) -> _Member_co | tuple[_Member_co, ...]:
        chosen = range(len(self))[index]
        return self.at(chosen) if isinstance(chosen, int) else tuple(map(self.at, chosen))

    def __iter__(self) -> Iterator[_Member_co]:
        return map(self.at, range(len(self)))
