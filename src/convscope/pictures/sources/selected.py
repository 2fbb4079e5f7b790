"""Some of the pictures of a source, as a source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from convscope.common.digests import digest_of
from convscope.common.lazy_sequence import LazySequence
from convscope.pictures.sources.source import Item

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from convscope.pictures.sources.source import Load, Picture, Source


@dataclass(frozen=True, slots=True, eq=False)
class _Items(LazySequence[Item]):
    """Some of the pictures, looked up on demand."""

    among: Sequence[Item]
    places: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.places)

    def at(self, index: int) -> Item:
        """Look up one of the pictures."""
        return self.among[int(self.places[index])]


@dataclass(frozen=True, slots=True, eq=False)
class Selected:
    """A subset of a source.

    Attributes:
        source: The complete source.
        places: The index of each picture in it, ascending.
    """

    source: Source
    places: NDArray[np.int64]

    @property
    def items(self) -> Sequence[Item]:
        """The pictures."""
        return _Items(self.source.items, self.places)

    @property
    def name(self) -> str:
        """The name of the complete source."""
        return self.source.name

    @property
    def notes(self) -> tuple[str, ...]:
        """The notes of the complete source."""
        return self.source.notes

    def read(self, index: int) -> bytes | Picture:
        """Read one picture."""
        return self.source.read(int(self.places[index]))

    def iterate(self, indices: Iterable[int]) -> Iterator[tuple[int, Load]]:
        """Yield (index, load) in the complete source's best order."""
        wanted = list(indices)
        loads = self.source.iterate(self.places[wanted].tolist())
        for index, (_, load) in zip(wanted, loads, strict=True):
            yield index, load

    def fingerprint(self) -> str:
        """Return a digest of the complete source's fingerprint and the indices."""
        return digest_of(self.source.fingerprint(), [self.places.tobytes()])


def select(source: Source, places: NDArray[np.int64]) -> Source:
    """Return the subset of a source at these ascending indices.

    Example:
        >>> import numpy as np
        >>> from convscope.pictures.sources import open_source
        >>> some = select(open_source("digits"), np.array([3, 5]))
        >>> [item.name for item in some.items], [index for index, _ in some.iterate([1])]
        (['digits[3]', 'digits[5]'], [1])
    """
    if len(places) == len(source.items):
        return source
    return Selected(source, places)
