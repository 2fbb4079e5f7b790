"""Groups of pictures that must stay on the same side of a split.

Pictures belong together if they are identical files, or near-duplicates, such as frames of a scene; if the
source groups them, for example by a column of patients; or if a pattern matches the same text in their names.
A picture in two groups merges them.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from convscope.common.printable import printable
from convscope.errors import DataError
from convscope.pictures.near_duplicates.clusters import equal_pictures, near_duplicates
from convscope.pictures.near_duplicates.joining import joined, leaders

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from convscope.pictures.near_duplicates.joining import Group
    from convscope.pictures.store import Catalogue

    Indices = NDArray[np.int64]

_KEPT = "each kept together wherever pictures are set aside"


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """The groups of a catalogue's pictures.

    Attributes:
        of: (n,) the group of each picture, identified by the index of its first picture.
        certain: (n,) the same without near-duplicates: equal pictures, given groups and pattern groups.
        near: Clusters of near-duplicates, with at least two different files each.
        notes: Findings, in short sentences.
    """

    of: Indices
    certain: Indices
    near: tuple[Group, ...]
    notes: tuple[str, ...]

    def loosened(self, touched: NDArray[np.bool_]) -> Indices:
        """Return groups in which those with a touched picture are split into certain groups.

        Example:
            >>> groups = Groups(np.array([0, 0, 2, 2]), np.arange(4), (), ())
            >>> groups.loosened(np.array([True, False, False, False])).tolist()
            [0, 1, 2, 2]
        """
        return np.where(np.isin(self.of, self.of[touched]), self.certain, self.of)


def group_pictures(catalogue: Catalogue, pattern: str | None = None) -> Groups:
    """Find the pictures that belong together.

    If all pictures of a class are near-duplicates of each other, they are not grouped, because none could be
    held out. A note reports this.

    Args:
        catalogue: The pictures.
        pattern: A regular expression. The group is the text of its first capturing group, or the whole match.

    Raises:
        DataError: The pattern matches no name.
    """
    count, labels = len(catalogue.labels), catalogue.labels
    equal = equal_pictures(catalogue.digests, range(count))
    given, notes = _given(catalogue, pattern)
    certain = leaders(count, [*equal, *given])
    if catalogue.looks is None:
        return Groups(certain, certain, (), tuple(notes))
    pairs = near_duplicates(catalogue.looks, catalogue.digests, labels, np.arange(count))
    near = joined([*equal, *pairs.tolist()]) if len(pairs) else ()
    every = leaders(count, [*equal, *given, *near])
    # unlike a class, a label set need not be on both sides of a split
    whole = at_least_two(every, certain, labels) if catalogue.label_sets is None else every
    for label in np.unique(labels[whole != every]).tolist():
        notes.append(
            f"all pictures of {catalogue.classes[label]!r} are near-duplicates of each other: they stand on "
            "both sides of the split, so its figures say little about other pictures"
        )
    return Groups(whole, certain, _apart(near, equal), tuple(notes))


def at_least_two(groups: Indices, finer: Indices, labels: Indices) -> Indices:
    """Split the only group of a class into finer ones, if possible.

    Args:
        groups: (n,) the group of each picture.
        finer: (n,) finer groups, each contained in one of `groups`.
        labels: (n,) the class of each picture.

    Example:
        >>> at_least_two(*np.array([[0, 0, 0, 3, 4], [0, 0, 2, 3, 4], [0, 0, 0, 1, 1]])).tolist()
        [0, 0, 2, 3, 4]
    """
    pairs = np.unique(np.stack([labels, groups], axis=1), axis=0)
    lone = pairs[np.bincount(pairs[:, 0])[pairs[:, 0]] == 1, 1]
    return np.where(np.isin(groups, lone), finer, groups)


def near_notes(near: Sequence[Group], parts: Sequence[Indices]) -> list[str]:
    """Return notes on the number of near-duplicates in each part.

    Args:
        near: The clusters.
        parts: The pictures of each part.
    """
    part_of = {index: part for part, indices in enumerate(parts) for index in indices.tolist()}
    together = [group for group in near if len({part_of.get(index) for index in group}) == 1]
    if not together:
        return []
    clusters = "1 cluster" if len(together) == 1 else f"{len(together):,} clusters"
    found = f"near-duplicates: {sum(map(len, together)):,} pictures in {clusters}"
    return [f"{found}, kept on one side of every split; `convscope doctor` shows them"]


def across(
    near: Sequence[Group], train: Indices, others: Indices, digests: NDArray[np.void]
) -> Iterator[tuple[int, int]]:
    """Yield, for each of `others` with a near-duplicate in training, that training picture and itself.

    Args:
        near: The clusters.
        train: The training pictures.
        others: The pictures of another part.
        digests: (n,) digests of all pictures; exact copies of training pictures are skipped.
    """
    learned, looked_for = set(train.tolist()), set(others.tolist())
    for group in near:
        inside = [index for index in group if index in learned]
        equal = {digests[index].tobytes() for index in inside}
        for index in group:
            if inside and index in looked_for and digests[index].tobytes() not in equal:
                yield inside[0], index


def _apart(near: Iterable[Group], equal: Iterable[Group]) -> tuple[Group, ...]:
    same = set(equal)
    return tuple(group for group in near if group not in same)


def _given(catalogue: Catalogue, pattern: str | None) -> tuple[list[Group], list[str]]:
    """Return the groups from the source or the pattern, and notes on them."""
    groups: list[Group] = []
    notes: list[str] = []
    if catalogue.given_groups is not None:
        members = _by_value(catalogue.given_groups.tolist(), but=-1)
        if _are_whole_classes(members, catalogue.labels):
            notes.append("the groups given are not used: each class is in one of them, whole")
        else:
            groups += members
            notes.append(f"groups given: {len(members):,}, {_KEPT}")
    if pattern is not None:
        texts = _matches(catalogue.names, pattern)
        members = _by_value(texts, but=None)
        _check_pattern(pattern, members, catalogue)
        groups += members
        unmatched = texts.count(None)
        rest = f"; pictures that it does not fit: {unmatched:,}" if unmatched else ""
        notes.append(f"groups by the pattern '{printable(pattern)}': {len(members):,}, {_KEPT}{rest}")
    return groups, notes


def _check_pattern(pattern: str, members: Sequence[Group], catalogue: Catalogue) -> None:
    first = printable(catalogue.names[0])
    remedy = "write a regular expression such as '(.*)_frame'"
    if not members:
        why = f"the first is called {first}"
        raise DataError(f"the pattern '{printable(pattern)}' fits no picture's name", why=why, remedy=remedy)
    if _are_whole_classes(members, catalogue.labels):
        raise DataError(
            f"the pattern '{printable(pattern)}' puts each class into one group, whole",
            why=f"nothing of a class could be held out; a name is {first}",
            remedy=remedy,
        )


def _are_whole_classes(members: Sequence[Group], labels: Indices) -> bool:
    """Whether groups are classes, or unions of classes, instead of scenes, patients or the like."""
    group_of = np.full(len(labels), -1)
    for number, group in enumerate(members):
        group_of[list(group)] = number
    pairs = np.unique(np.stack([labels, group_of], axis=1), axis=0)
    return bool((group_of >= 0).all()) and len(pairs) == len(np.unique(labels))


def _matches(names: Sequence[str], pattern: str) -> list[str | None]:
    """Return the pattern's match in each name, after removing the folders common to all names."""
    shared = os.path.commonprefix([min(names), max(names)])  # noqa: RUF071  # cut at the last slash
    start, fitting = shared.rfind("/") + 1, re.compile(pattern)
    found = (fitting.search(name[start:]) for name in names)
    return [None if match is None else match[1 if fitting.groups else 0] for match in found]


def _by_value(values: Iterable[object], but: object) -> list[Group]:
    members: dict[object, list[int]] = {}
    for index, value in enumerate(values):
        if value != but:
            members.setdefault(value, []).append(index)
    return [tuple(group) for group in members.values()]
