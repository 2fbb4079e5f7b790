"""Split pictures into training, validation and test pictures.

A split given by the source is kept. Missing parts are set aside here: stratified by class, independently of
the pictures' names and order, and with equal pictures always on the same side.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from convscope.pictures.classes import check_classes, too_few
from convscope.pictures.sources.source import without_lone_part

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from convscope.pictures.sources.source import Part
    from convscope.pictures.store import Catalogue

TEST_PERCENT = 20
TEST_LIMIT = 50_000
VALIDATION_PERCENT = 10
VALIDATION_LIMIT = 1_000
FEWEST_TEST_PICTURES = 100
"""Where cross-validation judges, smaller test sets are not set aside."""

PARTS: tuple[Part, ...] = ("train", "validation", "test")

Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """The three parts, as ascending indices into a store.

    Attributes:
        train: The training pictures.
        validation: The validation pictures.
        test: The test pictures; empty if the source gives validation but no test pictures.
        notes: How they were split, in short sentences.
    """

    train: Indices
    validation: Indices
    test: Indices
    notes: tuple[str, ...]


def split(store: Catalogue) -> Split:
    """Split the pictures of a catalogue into training, validation and test pictures.

    Without a split given, 20 % of each class become test pictures, 50,000 in all at most. Without validation
    pictures given, 10 % of each class's training pictures become such, 1,000 in all at most, but at least one
    of each class that has more than two.

    Raises:
        DataError: If there are fewer than two classes, no training pictures, a class unknown to training, or
            a class that cannot be on both sides; the message names it.
    """
    parts = _with_test_pictures(store)
    if len(parts.validation):
        return _with_findings(store, parts)
    train, validation = parts.train, _validation_pictures(store, parts.train)
    note = f"no validation pictures given: {len(validation):,} of {len(train):,} set aside as such"
    train = np.setdiff1d(train, validation)
    return _with_findings(store, Split(train, validation, parts.test, (*parts.notes, note)))


def split_for_cross_validation(store: Catalogue) -> Split:
    """Split pictures where cross-validation takes the place of the validation set.

    What `split` would set aside for validation is learned from. So are the test pictures, where none are
    given and they would be fewer than 100. Parts that the source gives are kept.

    Raises:
        DataError: As for `split`.
    """
    parts, given = _with_test_pictures(store), set(without_lone_part(store.parts))
    if not given & {"validation", "test"} and len(parts.test) < FEWEST_TEST_PICTURES:
        everything, none = np.arange(len(store.labels)), np.zeros(0, np.int64)
        return Split(everything, none, none, ("all pictures are learned from: cross-validation judges",))
    return _with_findings(store, parts)


def _with_test_pictures(store: Catalogue) -> Split:
    """Take the parts that the source gives, and set test pictures aside if it gives none to judge by."""
    parts = without_lone_part(store.parts)
    check_classes([store.classes[label] for label in store.labels.tolist()], parts)
    train, validation, test = (_given(parts, part) for part in PARTS)
    notes: list[str] = []
    if parts is not store.parts:
        notes.append(f"all pictures are given as {store.parts[0]} pictures: taken as one set")
    if not len(validation) and not len(test):
        test = _test_pictures(store)
        train = np.setdiff1d(np.arange(len(store.labels)), test)
        share = min(TEST_PERCENT, 100 * TEST_LIMIT / len(store.labels))
        notes.append(f"no test pictures given: {share:.3g} % of each class ({len(test):,}) set aside as such")
    return Split(train, validation, test, tuple(notes))


def _with_findings(store: Catalogue, parts: Split) -> Split:
    """Note classes that a part lacks, and pictures that it shares with the training set."""
    notes = [*parts.notes]
    for part, members in (("validation", parts.validation), ("test", parts.test)):
        notes += _absent(store, part, members) + _shared(store, parts.train, part, members)
    return replace(parts, notes=tuple(notes))


def _given(parts: Sequence[Part | None], part: Part) -> Indices:
    return np.array([index for index, given in enumerate(parts) if given == part], np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class _Groups:
    """Groups of equal pictures of one class, in random order.

    Attributes:
        members: (n,) the pictures, group by group.
        ends: (groups,) where each group ends.
    """

    members: Indices
    ends: Indices

    def __len__(self) -> int:
        return len(self.ends)

    def __iter__(self) -> Iterator[Indices]:
        return (self.members[start:end] for start, end in pairwise([0, *self.ends.tolist()]))


def _groups(store: Catalogue, members: Indices) -> list[_Groups]:
    """Group equal pictures and order the groups of each class at random, by their digests.

    Where equal pictures have different classes, the group belongs to the first of them.
    """
    digests, group_of, sizes = np.unique(_digests(store)[members], return_inverse=True, return_counts=True)
    label_of = np.full(len(digests), len(store.classes))
    np.minimum.at(label_of, group_of, store.labels[members])
    order = np.lexsort((_ranks(digests), label_of))  # by class, then by lot
    place_of = np.empty_like(order)
    place_of[order] = np.arange(len(order))
    ordered = members[np.argsort(place_of[group_of], kind="stable")]
    ends = np.cumsum(sizes[order])
    first_groups = np.searchsorted(label_of[order], np.arange(len(store.classes) + 1))
    found: list[_Groups] = []
    for first, last in pairwise(first_groups.tolist()):
        start = int(ends[first - 1]) if first else 0
        own = ends[first:last] - start
        found.append(_Groups(ordered[start : start + int(own[-1]) if len(own) else start], own))
    return found


def _digests(store: Catalogue) -> NDArray[np.void]:
    """View each digest as one value."""
    return np.ascontiguousarray(store.digests).view(f"V{store.digests.shape[1]}").ravel()


def _ranks(digests: NDArray[np.void]) -> Indices:
    """Return the rank of each digest in a random order that depends on the digests alone."""
    lots = bytearray()
    for digest in digests:
        lots += hashlib.blake2b(digest.tobytes(), digest_size=16, key=b"convscope split").digest()
    ranks = np.empty(len(digests), np.int64)
    ranks[np.argsort(np.frombuffer(lots, "V16"))] = np.arange(len(digests))
    return ranks


def _draw(groups: _Groups, target: int) -> list[Indices]:
    """Take whole groups up to a target number of pictures, at least one."""
    taken: list[Indices] = []
    left = target
    for group in groups:
        if len(group) <= left:
            taken.append(group)
            left -= len(group)
    return taken or [min(groups, key=len)]


def _test_pictures(store: Catalogue) -> Indices:
    taken: list[Indices] = []
    for name, groups in zip(store.classes, _groups(store, np.arange(len(store.labels))), strict=True):
        count = len(groups.members)
        if len(groups) < 2:
            raise too_few(name, "its pictures equal each other, byte by byte, or those of another class")
        target = min(round(count * TEST_PERCENT / 100), count * TEST_LIMIT // len(store.labels))
        taken += _draw(groups, max(1, target))
    return np.sort(np.concatenate(taken))


def _validation_pictures(store: Catalogue, train: Indices) -> Indices:
    taken: list[Indices] = [np.zeros(0, np.int64)]
    for groups in _groups(store, train):
        count = len(groups.members)
        target = min(count * VALIDATION_PERCENT // 100, count * VALIDATION_LIMIT // len(train))
        if count > 2 and len(groups) > 1:
            taken += _draw(groups, max(1, target))
    return np.sort(np.concatenate(taken))


def _absent(store: Catalogue, part: str, members: Indices) -> list[str]:
    if not len(members):
        return []
    absent = np.setdiff1d(np.arange(len(store.classes)), store.labels[members])
    return [f"no {part} pictures of the class {store.classes[label]!r}" for label in absent.tolist()]


def _shared(store: Catalogue, train: Indices, part: str, members: Indices) -> list[str]:
    digests = _digests(store)
    count = int(np.isin(digests[members], digests[train]).sum())
    return [f"{part} pictures that equal training pictures, byte by byte: {count:,}"] if count else []
