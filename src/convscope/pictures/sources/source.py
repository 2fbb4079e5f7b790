"""The interface of a source: labelled pictures, wherever they are stored."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

Part = Literal["train", "validation", "test"]
Picture = NDArray[np.uint8]
Load = Callable[[], bytes | Picture]

PART_NAMES: dict[Part, frozenset[str]] = {
    "train": frozenset(("train", "training", "tr", "trn")),
    "validation": frozenset(("val", "valid", "validation", "dev", "va")),
    "test": frozenset(("test", "testing", "te", "tst", "eval", "evaluation", "holdout", "heldout")),
}
_BESIDE = frozenset(("set", "data", "dataset", "images", "pictures", "split", "part"))
"""Words that may accompany the name of a part."""


@dataclass(frozen=True, slots=True)
class Item:
    """One picture of a source.

    Attributes:
        name: Display name; always printable, so it must not be used as a path.
        label: The name of its class, or its labels as one text.
        part: The part given by the source, or None.
        group: The group whose pictures must stay on the same side of a split, such as a patient or a scene;
            None if the source gives none.
        labels: Its labels if the pictures of the source may have several, else None for all pictures.
    """

    name: str
    label: str
    part: Part | None
    group: str | None = field(default=None, repr=False)
    labels: tuple[str, ...] | None = field(default=None, repr=False)


class Source(Protocol):
    """Labelled pictures somewhere: in a folder, an archive, a manifest, idx files or in memory."""

    @property
    def name(self) -> str:
        """A short name, for example `pets`."""
        ...

    @property
    def items(self) -> Sequence[Item]:
        """The pictures, in a reproducible order."""
        ...

    @property
    def notes(self) -> tuple[str, ...]:
        """How the source was read and what was left out, in short sentences."""
        ...

    def read(self, index: int) -> bytes | Picture:
        """Read one picture: encoded bytes, or pixels (H, W) or (H, W, C).

        Raises:
            PictureError: If it cannot be read.
        """
        ...

    def iterate(self, indices: Iterable[int]) -> Iterator[tuple[int, Load]]:
        """Yield (index, load) for ascending indices, in the order that is best for the source.

        `load()` returns the same as `read`, and may be called in any thread. A source that must be read
        sequentially, such as a compressed tar, reads before it yields; all others read in `load`.
        """
        ...

    def fingerprint(self) -> str:
        """Return a text that changes when the source changes."""
        ...


def part_named(text: str) -> Part | None:
    """Return the part that a folder's name or a table's cell means, in any common spelling.

    Example:
        >>> [part_named(name) for name in ("Training_set", "val2017", "02-TEST", "train station")]
        ['train', 'validation', 'test', None]
    """
    found = re.findall(r"[^\W\d_]+", text.casefold())
    words = {re.sub("(?<=.)(set|data|images)$", "", word) for word in found if word not in _BESIDE}
    return next((part for part, names in PART_NAMES.items() if len(words) == 1 and words <= names), None)


def without_lone_part(parts: Sequence[Part | None]) -> Sequence[Part | None]:
    """Ignore the parts if all pictures are for validation or all are for testing.

    Example:
        >>> without_lone_part(["test", "test"]), without_lone_part(["train", "test"])
        ([None, None], ['train', 'test'])
    """
    kinds = set(parts)
    return [None] * len(parts) if kinds in ({"test"}, {"validation"}) else parts
