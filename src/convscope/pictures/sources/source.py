"""What every source of pictures offers, wherever its pictures lie."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

Part = Literal["train", "validation", "test"]
Picture = NDArray[np.uint8]
Load = Callable[[], bytes | Picture]

PART_NAMES: dict[Part, str] = {
    "train": "train|training",
    "validation": "val|valid|validation|dev",
    "test": "test|testing",
}


@dataclass(frozen=True, slots=True)
class Item:
    """One picture of a source.

    Attributes:
        name: What people call it. Always printable, so never a path to open.
        label: The name of its class.
        part: The part it was put in, or None where the source gives no parts.
    """

    name: str
    label: str
    part: Part | None


class Source(Protocol):
    """Labelled pictures somewhere: in a folder, an archive, a manifest, idx files or in memory."""

    @property
    def name(self) -> str:
        """What people would call the source, for example `pets`."""
        ...

    @property
    def items(self) -> Sequence[Item]:
        """The pictures, in an order that is the same every time."""
        ...

    @property
    def notes(self) -> tuple[str, ...]:
        """What people should know about the source, in short sentences."""
        ...

    def read(self, index: int) -> bytes | Picture:
        """Read one picture: encoded bytes, or pixels (H, W) or (H, W, C).

        Raises:
            PictureError: If it cannot be read.
        """
        ...

    def iterate(self, indices: Iterable[int]) -> Iterator[tuple[int, Load]]:
        """Yield (index, load) for ascending indices, in the source's own best order.

        Whoever takes them calls `load()` for what `read` returns, in any thread. A source that must be read
        in one go, such as a compressed tar, reads before it yields; all others leave the reading to `load`.
        """
        ...

    def fingerprint(self) -> str:
        """Return a text that changes when the source changes."""
        ...


def part_named(text: str) -> Part | None:
    """Find the part a folder or a manifest's cell names, in any of the common spellings.

    Example:
        >>> part_named("Training_set"), part_named("val"), part_named("TEST"), part_named("cats")
        ('train', 'validation', 'test', None)
    """
    for part, names in PART_NAMES.items():
        if re.fullmatch(rf"({names})([ _-]?(set|data|images))?", text.strip(), re.IGNORECASE):
            return part
    return None
