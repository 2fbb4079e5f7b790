"""Several sources as one, each of them a part: `train=a.csv,test=b.csv`."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, replace
from itertools import accumulate, groupby
from typing import TYPE_CHECKING

from convscope.common.digests import digest_of
from convscope.pictures.sources.source import Item, Part, part_named

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from convscope.pictures.sources.source import Load, Picture, Source

_PART = re.compile(r"(?:^|,)(train|val|validation|test)=")


@dataclass(frozen=True, slots=True, eq=False)
class JoinedSource:
    """The concatenated pictures of several sources.

    Attributes:
        name: A short name.
        items: The pictures, each in the part of its source.
        notes: How the sources were read and what was left out, in short sentences.
        sources: The sources.
        ends: Cumulative number of pictures at the end of each source.
    """

    name: str
    items: tuple[Item, ...]
    notes: tuple[str, ...]
    sources: tuple[Source, ...]
    ends: tuple[int, ...]

    def read(self, index: int) -> bytes | Picture:
        """Read one picture from its source."""
        number = self._source_of(index)
        return self.sources[number].read(index - self._start(number))

    def iterate(self, indices: Iterable[int]) -> Iterator[tuple[int, Load]]:
        """Yield (index, load), source by source."""
        for number, of_source in groupby(indices, self._source_of):
            start = self._start(number)
            for index, load in self.sources[number].iterate(index - start for index in of_source):
                yield start + index, load

    def fingerprint(self) -> str:
        """Return a digest of the sources' fingerprints and parts."""
        facts = (
            [source.fingerprint() for source in self.sources],
            self.ends,
            [self.items[end - 1].part for end in self.ends],
        )
        return digest_of(facts)

    def _source_of(self, index: int) -> int:
        return bisect_right(self.ends, index)

    def _start(self, number: int) -> int:
        return self.ends[number - 1] if number else 0


def split_parts(text: str) -> dict[Part, str]:
    """Split `train=a.csv,test=b.csv` into the data of each part; empty for all other texts.

    Example:
        >>> split_parts("train=a.csv,test=more,b.csv"), split_parts("a.csv")
        ({'train': 'a.csv', 'test': 'more,b.csv'}, {})
    """
    matches = list(_PART.finditer(text))
    if not matches or matches[0].start():
        return {}
    ends = [match.start() for match in matches[1:]] + [len(text)]
    data: dict[Part, str] = {}
    for match, end in zip(matches, ends, strict=True):
        part = part_named(match[1])
        if part:
            data[part] = text[match.end() : end]
    return data


def join(sources: Mapping[Part, Source]) -> JoinedSource:
    """Join sources, each of which is a part.

    Example:
        >>> import numpy as np
        >>> from convscope.pictures.sources.arrays import open_arrays
        >>> one, two = (open_arrays(np.zeros((1, 4, 4), np.uint8), [label]) for label in ("cat", "dog"))
        >>> [(item.label, item.part) for item in join({"train": one, "test": two}).items]
        [('cat', 'train'), ('dog', 'test')]
    """
    items = tuple(replace(item, part=part) for part, source in sources.items() for item in source.items)
    counts = ", ".join(f"{part} {len(source.items):,}" for part, source in sources.items())
    notes = [f"{part}: {note}" for part, source in sources.items() for note in source.notes]
    name = next(iter(sources.values())).name
    ends = tuple(accumulate(len(source.items) for source in sources.values()))
    return JoinedSource(name, items, (f"pictures by part: {counts}", *notes), tuple(sources.values()), ends)
