"""Which pictures are learned from, which steer the training, and which only judge the result.

A split that the source gives is taken as it is. What it lacks is set aside here: by class, the same every time
whatever the pictures' names and order, and with equal pictures always on one side.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from convscope.errors import DataError
from convscope.pictures.sources.source import Part
from convscope.pictures.store_folder import Store

TEST_PERCENT = 20
VALIDATION_PERCENT = 5
VALIDATION_LIMIT = 2_500

Indices = NDArray[np.int64]
Groups = dict[int, list[Indices]]  # for each class its groups of equal pictures, in the order they are drawn


@dataclass(frozen=True, slots=True)
class Split:
    """The three parts, as ascending indices into a store.

    Attributes:
        train: The pictures learned from.
        validation: The pictures that steer the training.
        test: The pictures that judge the result; empty where the source gives validation but no test pictures.
        notes: What people should know about it, in short sentences.
    """

    train: Indices
    validation: Indices
    test: Indices
    notes: tuple[str, ...]


def split(store: Store) -> Split:
    """Splits a store into training, validation and test pictures.

    Without a split given, 20 % of each class become test pictures. Without validation pictures given, 5 % of each
    class's training pictures become such, 2,500 in all at most, but at least one of each class that has more than two.

    Raises:
        DataError: If there are fewer than two classes, no training pictures, a class unknown to training, or a class
            that cannot be on both sides; the message names it.
    """
    _check_classes(store)
    given = {part: _given(store, part) for part in ("train", "validation", "test")}
    unsplit = not len(given["validation"]) and not len(given["test"])
    train = np.arange(len(store.labels)) if unsplit else given["train"]
    validation, test = given["validation"], given["test"]
    notes: list[str] = []
    if unsplit:
        test = _test_pictures(store)
        train = np.setdiff1d(train, test)
        notes.append(
            f"no test pictures given: {TEST_PERCENT} % of each class ({len(test):,}) set aside as such"
        )
    if not len(validation):
        validation = _validation_pictures(store, train)
        notes.append(
            f"no validation pictures given: {len(validation):,} of {len(train):,} for training set aside"
        )
        train = np.setdiff1d(train, validation)
    notes += _missing(store, "validation", validation) + _missing(store, "test", test)
    notes += _shared(store, train, validation, "validation") + _shared(store, train, test, "test")
    return Split(train, validation, test, tuple(notes))


def _given(store: Store, part: Part) -> Indices:
    return np.array([index for index, given in enumerate(store.parts) if given == part], np.int64)


def _check_classes(store: Store) -> None:
    if len(store.classes) < 2:
        raise DataError(
            f"there is only one class, {store.classes[0]!r}",
            why="a classifier needs two to tell apart",
            remedy="add a folder or label for the other class",
        )
    known = {
        label
        for label, part in zip(store.labels.tolist(), store.parts, strict=True)
        if part in {None, "train"}
    }
    if not known and any(store.parts):
        raise DataError("there are no training pictures", why="only validation or test pictures are given")
    for label, part in zip(store.labels.tolist(), store.parts, strict=True):
        if label not in known:
            raise DataError(
                f"the class {store.classes[label]!r} is in the {part} pictures but not in the training pictures",
                remedy="use the same names of classes in all parts",
            )


def _groups(store: Store, members: Indices) -> Groups:
    """Puts equal pictures into groups, and each group to one class, in an order drawn by the pictures' digests.

    Where equal pictures have different classes, the group belongs to the first of them.
    """
    alike: dict[bytes, list[int]] = defaultdict(list)
    for index in members.tolist():
        alike[store.digests[index].tobytes()].append(index)
    groups: Groups = {label: [] for label in range(len(store.classes))}
    for digest in sorted(alike, key=_lot):
        group = np.array(alike[digest], np.int64)
        groups[int(store.labels[group].min())].append(group)
    return groups


def _lot(digest: bytes) -> bytes:
    return hashlib.blake2b(digest, digest_size=16, key=b"convscope split").digest()


def _draw(groups: Sequence[Indices], target: int) -> list[Indices]:
    """Takes whole groups up to a target, at least one and never all of them."""
    taken: list[Indices] = []
    left = target
    for group in groups[:-1]:
        if len(group) <= left:
            taken.append(group)
            left -= len(group)
    return taken or [min(groups, key=len)]


def _test_pictures(store: Store) -> Indices:
    taken: list[Indices] = []
    for label, groups in _groups(store, np.arange(len(store.labels))).items():
        count = sum(len(group) for group in groups)
        if len(groups) < 2:
            raise DataError(
                f"the class {store.classes[label]!r} has only {count:,} picture",
                why="one has to be learned from and another one to test with, and equal ones count as one",
                remedy="add pictures of this class, or remove it",
            )
        taken += _draw(groups, max(1, round(count * TEST_PERCENT / 100)))
    return np.sort(np.concatenate(taken))


def _validation_pictures(store: Store, train: Indices) -> Indices:
    taken: list[Indices] = [np.zeros(0, np.int64)]
    for groups in _groups(store, train).values():
        count = sum(len(group) for group in groups)
        target = min(count * VALIDATION_PERCENT // 100, count * VALIDATION_LIMIT // len(train))
        if count > 2 and len(groups) > 1:
            taken += _draw(groups, max(1, target))
    return np.sort(np.concatenate(taken))


def _missing(store: Store, part: Part, members: Indices) -> list[str]:
    if not len(members):
        return []
    absent = np.setdiff1d(np.arange(len(store.classes)), store.labels[members])
    return [f"no {part} pictures of the class {store.classes[label]!r}" for label in absent.tolist()]


def _shared(store: Store, train: Indices, others: Indices, part: Part) -> list[str]:
    learned = {digest.tobytes() for digest in store.digests[train]}
    count = sum(digest.tobytes() in learned for digest in store.digests[others])
    return [f"{count:,} of the {part} pictures are equal to training pictures, byte by byte"] if count else []
