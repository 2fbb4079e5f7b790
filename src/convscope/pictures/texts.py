"""Very many texts in little memory, such as the names of all pictures of a stream."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import TYPE_CHECKING, Self, overload

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray


class Texts(Sequence[str]):
    """Texts, each of which takes its letters and eight bytes; as an object of its own it would take 50 more.

    Args:
        letters: (bytes,) uint8, all texts one after the other in UTF-8.
        ends: (n,) int64, where each ends.

    Example:
        >>> names = Texts.of(["tom", "félix"])
        >>> names[1], list(names), len(names), names.ends.tolist()
        ('félix', ['tom', 'félix'], 2, [3, 9])
    """

    def __init__(self, letters: NDArray[np.uint8], ends: NDArray[np.int64]) -> None:
        self.letters = letters
        self.ends = ends

    @classmethod
    def of(cls, texts: Iterable[str]) -> Self:
        """Pack texts, one at a time."""
        letters, ends = bytearray(), array("q")
        for text in texts:
            letters += text.encode()
            ends.append(len(letters))
        return cls(np.frombuffer(letters, np.uint8), np.frombuffer(ends, np.int64))

    def __len__(self) -> int:
        return len(self.ends)

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[str, ...]: ...
    def __getitem__(self, place: int | slice) -> str | tuple[str, ...]:
        chosen = range(len(self))[place]
        return self._text(chosen) if isinstance(chosen, int) else tuple(map(self._text, chosen))

    def __iter__(self) -> Iterator[str]:
        return map(self._text, range(len(self)))

    def _text(self, place: int) -> str:
        start = self.ends[place - 1] if place else 0
        return self.letters[start : self.ends[place]].tobytes().decode()
