"""The rules for what is reported.

A problem harms training or evaluation; a remark may be intended.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from convscope.doctor.examination import Examination
    from convscope.pictures.near_duplicates.joining import Group
    from convscope.pictures.sources.source import Item

Kind = Literal[
    "unreadable",
    "two labels",
    "shared between parts",
    "equal",
    "nearly equal",
    "constant",
    "lost data",
    "label suspect",
    "class imbalance",
    "odd shape",
    "odd size",
    "odd colour",
    "guessed values",
    "several frames",
    "for print",
    "flat end",
]
REMARKS: frozenset[Kind] = frozenset(
    (
        *("class imbalance", "odd shape", "odd size", "odd colour"),
        *("guessed values", "several frames", "for print", "flat end"),
    )
)
MEANINGS: dict[Kind, str] = {
    "unreadable": "cannot be decoded; training leaves them out",
    "two labels": "the same picture, or nearly, unmirrored and in the same colours, under different labels",
    "shared between parts": "trained on and tested with: the measured accuracy would be too high",
    "equal": "equal byte by byte; they count more than others",
    "nearly equal": "resized, recompressed, mirrored or slightly cropped copies",
    "constant": "all their pixels are equal: there is nothing to learn",
    "lost data": "JPEGs with zeros in place of pixels: parts of them are garbage, though they can be decoded",
    "label suspect": "models that were not trained on them are confident of another class",
    "class imbalance": "the largest class has twice the pictures of the smallest, or more",
    "odd shape": "more than twice as wide, or as high, as the median shape",
    "odd size": "sides less than a quarter, or more than four times, of the median",
    "odd colour": "grey among colour, or colour among grey",
    "guessed values": "their values are no bytes, and the file does not say which range they fill",
    "several frames": "animations or files of several pages, of which only the first is used",
    "for print": "CMYK pictures, whose colours are converted without their profile",
    "flat end": "JPEGs whose lower part is one flat colour: the end of the file may be missing",
}

IMBALANCE = 2.0
ODD_SHAPE = 2.0
ODD_SIZE = 4.0


@dataclass(frozen=True, slots=True)
class Guess:
    """How the value range of a picture was guessed."""

    reading: str

    def __str__(self) -> str:
        return self.reading


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Why a picture cannot be decoded."""

    cause: str

    def __str__(self) -> str:
        return self.cause


@dataclass(frozen=True, slots=True)
class Imbalance:
    """The largest and the smallest class, and their numbers of pictures."""

    largest: str
    largest_pictures: int
    smallest: str
    smallest_pictures: int

    def __str__(self) -> str:
        return (
            f"{self.largest_pictures:,} pictures of {self.largest!r}, "
            f"{self.smallest_pictures:,} of {self.smallest!r}"
        )


@dataclass(frozen=True, slots=True)
class Doubt:
    """The class that a model predicts instead of the label, and its probability."""

    predicted: str
    probability: float

    def __str__(self) -> str:
        return f"rather {self.predicted}, {self.probability:.0%}"


@dataclass(frozen=True, slots=True)
class Finding:
    """A finding.

    Attributes:
        kind: Its kind, explained in `MEANINGS`.
        groups: Indices of the affected pictures in the source, grouped if they belong together.
        data: Details, one per group or one for all.
    """

    kind: Kind
    groups: tuple[Group, ...]
    data: tuple[Unreadable | Imbalance | Doubt | Guess, ...] = ()

    @property
    def detail(self) -> tuple[str, ...]:
        """The data as texts for display."""
        return tuple(map(str, self.data))

    @property
    def is_problem(self) -> bool:
        """Whether it harms training or evaluation."""
        return self.kind not in REMARKS

    @property
    def pictures(self) -> int:
        """The number of affected pictures."""
        return sum(map(len, self.groups))


def unreadable(examination: Examination) -> Finding:
    """Find the pictures that cannot be decoded."""
    places = sorted(examination.broken)
    return Finding(
        "unreadable", _each(places), tuple(Unreadable(examination.broken[place]) for place in places)
    )


def two_labels(copies: Iterable[Group], items: Sequence[Item]) -> Finding:
    """Find copies with different labels."""
    return Finding("two labels", _where_differ(copies, [item.label for item in items]))


def shared(copies: Iterable[Group], items: Sequence[Item]) -> Finding:
    """Find copies in different parts."""
    return Finding("shared between parts", _where_differ(copies, [item.part for item in items]))


def nearly_equal(copies: Iterable[Group], equal: Iterable[Group]) -> Finding:
    """Find copies that are not all identical files."""
    same = set(equal)
    return Finding("nearly equal", tuple(group for group in copies if group not in same))


def where(kind: Kind, holds: NDArray[np.bool_]) -> Finding:
    """Find the pictures for which something holds, (pictures,)."""
    return Finding(kind, _each(np.flatnonzero(holds).tolist()))


def imbalance(labels: Iterable[str]) -> Finding | None:
    """Compare the largest class with the smallest.

    Example:
        >>> str(imbalance(["cat"] * 9 + ["dog"] * 3).data[0])
        "9 pictures of 'cat', 3 of 'dog'"
    """
    counts = Counter(labels).most_common()
    (most, largest), (least, smallest) = counts[0], counts[-1]
    if largest < IMBALANCE * smallest:
        return None
    return Finding("class imbalance", (), (Imbalance(most, largest, least, smallest),))


def odd_shapes(examination: Examination) -> Finding:
    """Find pictures whose width / height is far from the median."""
    ratio = np.log(examination.sizes[examination.readable]) @ [-1, 1]
    return Finding(
        "odd shape", _each(examination.readable[_far_from_median(ratio, math.log(ODD_SHAPE))].tolist())
    )


def odd_sizes(examination: Examination) -> Finding:
    """Find pictures whose size, sqrt(height width), is far from the median."""
    side = np.log(examination.sizes[examination.readable]).mean(axis=1)
    return Finding(
        "odd size", _each(examination.readable[_far_from_median(side, math.log(ODD_SIZE))].tolist())
    )


def odd_colours(examination: Examination) -> Finding:
    """Find the grey pictures if most are in colour, or those in colour if most are grey."""
    grey = examination.grey[examination.readable]
    return Finding("odd colour", _each(examination.readable[grey != (2 * grey.sum() > len(grey))].tolist()))


def guessed_values(examination: Examination) -> Finding:
    """Find the pictures whose value range was guessed."""
    indices = sorted(examination.guesses)
    return Finding(
        "guessed values", _each(indices), tuple(Guess(examination.guesses[index]) for index in indices)
    )


def _far_from_median(values: NDArray[np.float64], most: float) -> NDArray[np.bool_]:
    return np.abs(values - np.median(values)) > most + 1e-9


def _each(places: Iterable[int]) -> tuple[Group, ...]:
    return tuple((place,) for place in places)


def _where_differ(copies: Iterable[Group], values: Sequence[object]) -> tuple[Group, ...]:
    return tuple(group for group in copies if len({values[place] for place in group}) > 1)
