"""One file of many pictures and their labels."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

from convscope.pictures.packed_strings import PackedStrings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import numpy as np
    from numpy.typing import NDArray

    from convscope.pictures.sources.left_out import LeftOut
    from convscope.pictures.sources.shard_files import ShardFile
    from convscope.pictures.sources.source import Load, Part


@dataclass(frozen=True, slots=True, eq=False)
class Shard(ABC):
    """One file of many pictures.

    Attributes:
        file: The file.
        names: The name of each picture, in order.
        labels: The label of each picture.
        parts: The part of each picture, if the file has parts.
        groups: The group of each picture, if the file has groups.
        places: (n, ...) int64, where each picture is in the file.
        notes: How it was read, in short sentences.
        left_out: What it leaves out.
    """

    file: ShardFile
    names: PackedStrings
    labels: tuple[str, ...]
    parts: tuple[Part, ...] | None
    groups: tuple[str | None, ...] | None
    places: NDArray[np.int64]
    notes: tuple[str, ...]
    left_out: LeftOut

    def without(self, label: str) -> Self:
        """Return the shard without the pictures of a label, which are counted as left out."""
        kept = [index for index, own in enumerate(self.labels) if own != label]
        return replace(
            self,
            names=PackedStrings.of(self.names[index] for index in kept),
            labels=tuple(self.labels[index] for index in kept),
            parts=None if self.parts is None else tuple(self.parts[index] for index in kept),
            groups=None if self.groups is None else tuple(self.groups[index] for index in kept),
            places=self.places[kept],
            left_out=self.left_out.plus_unlabelled(label, len(self.labels) - len(kept)),
        )

    @abstractmethod
    def iterate(self, indices: Iterable[int]) -> Iterator[Load]:
        """Yield a loader for each of the pictures at these ascending indices."""
