"""Split pictures into training, validation and test pictures.

A split given by the source is kept. Missing parts are held out here: stratified by class, or by label if
pictures have several (`label_split.py`), independently of names and order, and with all pictures of a group
on the same side.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, replace
from functools import partial
from itertools import compress
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from convscope.errors import DataError
from convscope.pictures.classes import check_target, too_few
from convscope.pictures.group_draw import draw_groups
from convscope.pictures.groups import across, group_pictures, near_notes
from convscope.pictures.label_split import set_aside
from convscope.pictures.sources.source import without_lone_part
from convscope.pictures.target import SeveralLabels

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from convscope.pictures.groups import Groups
    from convscope.pictures.sources.source import Part
    from convscope.pictures.store import Catalogue

TEST_PERCENT = 20
TEST_LIMIT = 50_000
VALIDATION_PERCENT = 10
VALIDATION_LIMIT = 1_000
FEWEST_TEST_PICTURES = 100
"""With cross-validation, smaller test sets are not held out."""

PARTS: tuple[Part, ...] = ("train", "validation", "test")

Indices = NDArray[np.int64]
_NONE = np.zeros(0, np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """The three parts, as ascending indices into a store.

    Attributes:
        train: The training pictures.
        validation: The validation pictures.
        test: The test pictures; empty if the source gives validation but no test pictures.
        notes: How they were split, in short sentences.
        groups: (n,) the group of each picture of the store; pictures of a group stay together. None: not
            determined.
    """

    train: Indices
    validation: Indices
    test: Indices
    notes: tuple[str, ...]
    groups: Indices | None = None


def split(store: Catalogue, group_pattern: str | None = None) -> Split:
    """Split the pictures of a catalogue into training, validation and test pictures.

    Without given test pictures, 20 % of each class are held out for testing, at most 50,000 in total. Without
    given validation pictures, 10 % of each class's training pictures are held out for validation, at most
    1,000 in total, but at least one of each class with more than two.

    Args:
        store: The pictures.
        group_pattern: The group pattern of names, see `group_pictures`.

    Raises:
        DataError: If there are fewer than two classes, no training pictures, a class without training
            pictures, or a class that cannot be on both sides; the message names it.
    """
    groups = group_pictures(store, group_pattern)
    parts = _with_test_pictures(store, groups)
    if len(parts.validation):
        return _with_findings(store, parts, groups)
    validation, torn = _validation_pictures(store, parts.train, groups)
    note = f"no validation pictures given: {len(validation):,} of {len(parts.train):,} set aside as such"
    train = np.setdiff1d(parts.train, validation)
    parts = replace(parts, train=train, validation=validation, notes=(*parts.notes, note, *torn))
    return _with_findings(store, parts, groups)


def split_for_cross_validation(store: Catalogue, group_pattern: str | None = None) -> Split:
    """Split pictures if cross-validation replaces the validation set.

    The pictures that `split` would hold out for validation are used for training. So are the test pictures if
    none are given and they would be fewer than 100. Parts given by the source are kept.

    Raises:
        DataError: See `split`.
    """
    groups = group_pictures(store, group_pattern)
    parts, given = _with_test_pictures(store, groups), set(without_lone_part(store.parts))
    if not given & {"validation", "test"} and len(parts.test) < FEWEST_TEST_PICTURES:
        note = "all pictures are learned from: cross-validation judges"
        parts = Split(np.arange(len(store.labels)), _NONE, _NONE, (note,), groups.of)
    return _with_findings(store, parts, groups)


def _with_test_pictures(store: Catalogue, groups: Groups) -> Split:
    """Use the parts given by the source, and hold out test pictures if it has none for evaluation."""
    parts = without_lone_part(store.parts)
    check_target(store.target, store.labels, parts)
    train, validation, test = (_given(parts, part) for part in PARTS)
    notes: list[str] = []
    if parts is not store.parts:
        notes.append(f"all pictures are given as {store.parts[0]} pictures: taken as one set")
    if not len(validation) and not len(test):
        test, torn = _test_pictures(store, groups)
        train = np.setdiff1d(np.arange(len(store.labels)), test)
        share = min(TEST_PERCENT, 100 * TEST_LIMIT / len(store.labels))
        kind = "label" if isinstance(store.target, SeveralLabels) else "class"
        notes.append(
            f"no test pictures given: {share:.3g} % of each {kind} ({len(test):,}) set aside as such"
        )
        notes += torn
    return Split(train, validation, test, tuple(notes), groups.of)


def _with_findings(store: Catalogue, parts: Split, groups: Groups) -> Split:
    """Add notes on groups, on classes missing in a part, and on pictures shared with training."""
    notes = [*parts.notes, *groups.notes]
    notes += near_notes(groups.near, (parts.train, parts.validation, parts.test))
    from_train = () if "validation" in store.parts else (parts.validation,)
    learned = {"validation": parts.train, "test": np.concatenate([parts.train, *from_train])}
    if isinstance(store.target, SeveralLabels):
        notes += _absent(store, "training", parts.train)
    for part, members in (("validation", parts.validation), ("test", parts.test)):
        notes += _absent(store, part, members) + _shared(store, learned[part], part, members, groups)
    return replace(parts, notes=tuple(notes))


def _given(parts: Sequence[Part | None], part: Part) -> Indices:
    return np.array([index for index, given in enumerate(parts) if given == part], np.int64)


def _digests(store: Catalogue) -> NDArray[np.void]:
    """View each digest as one value."""
    return np.ascontiguousarray(store.digests).view(f"V{store.digests.shape[1]}").ravel()


def _ordered(store: Catalogue, members: Indices, groups: Indices) -> list[Indices]:
    """Return the groups of some pictures in random order.

    The order depends on the smallest digest of each group, so it does not depend on the names or the order of
    the pictures, and changes little when pictures are added.
    """
    digests, of = _digests(store)[members], groups[members]
    by_digest = np.argsort(digests, kind="stable")
    by_group = by_digest[np.argsort(of[by_digest], kind="stable")]
    starts = np.flatnonzero(np.diff(of[by_group], prepend=-1))
    lots = bytearray()
    for digest in digests[by_group[starts]]:
        lots += hashlib.blake2b(digest.tobytes(), digest_size=16, key=b"convscope split").digest()
    parts = np.split(members[by_group], starts[1:])
    return [parts[place] for place in np.argsort(np.frombuffer(lots, "V16")).tolist()]


def _draw(store: Catalogue, members: Indices, groups: Indices, targets: Sequence[int]) -> Indices:
    """Draw whole groups; return their pictures, ascending."""
    ordered = _ordered(store, members, groups)
    drawn = draw_groups(len(ordered), partial(_count, store, ordered), targets)
    return np.sort(np.concatenate([_NONE, *compress(ordered, drawn)]))


def _draw_for(
    part: Part, store: Catalogue, members: Indices, groups: Groups, targets: Sequence[int]
) -> tuple[Indices, list[str]]:
    """Draw whole groups, but separate near-duplicates of classes whose share would be far off.

    Near-duplicates are found by a rule that can fail on new kinds of pictures; the required share of a class
    (at least half of the target, at most half of the class) takes precedence.
    """
    drawn = _draw(store, members, groups.of, targets)
    counts = np.bincount(store.labels[members], minlength=len(targets))
    taken = np.bincount(store.labels[drawn], minlength=len(targets))
    is_off = (np.array(targets) > 2 * taken) | (2 * taken > np.maximum(counts, 2))
    loosened = groups.loosened(is_off[store.labels])
    if np.array_equal(loosened, groups.of):
        return drawn, []
    classes = [store.classes[label] for label in np.flatnonzero(is_off)]
    more = len(classes) - 1
    others = f" and {more:,} other class{'es' if more > 1 else ''}" if more else ""
    note = (
        f"near-duplicates of {classes[0]!r}{others} are on both sides where {part} pictures are set aside: "
        "kept together, far too few or too many would be; --group-pattern says which pictures belong together"
    )
    return _draw(store, members, loosened, targets), [note]


def _count(store: Catalogue, groups: Sequence[Indices], place: int) -> Mapping[int, int]:
    """Return the number of pictures per class of a group."""
    labels = store.labels[groups[place]].tolist()
    return {labels[0]: 1} if len(labels) == 1 else Counter(labels)


def _test_pictures(store: Catalogue, groups: Groups) -> tuple[Indices, list[str]]:
    if isinstance(store.target, SeveralLabels):
        return _by_label(store, np.arange(len(store.labels)), groups, TEST_PERCENT, TEST_LIMIT), []
    total, counts = len(store.labels), np.bincount(store.labels, minlength=len(store.classes)).tolist()
    different = np.unique(np.column_stack([store.labels, store.digests]), axis=0)[:, 0]
    for label in np.flatnonzero(np.bincount(different, minlength=len(counts)) < 2).tolist():
        raise too_few(store.classes[label], "its pictures equal each other, byte by byte")
    targets = [
        max(1, min(round(count * TEST_PERCENT / 100), count * TEST_LIMIT // total)) for count in counts
    ]
    return _draw_for("test", store, np.arange(total), groups, targets)


def _validation_pictures(store: Catalogue, train: Indices, groups: Groups) -> tuple[Indices, list[str]]:
    if isinstance(store.target, SeveralLabels):
        return _by_label(store, train, groups, VALIDATION_PERCENT, VALIDATION_LIMIT), []
    counts = np.bincount(store.labels[train], minlength=len(store.classes)).tolist()
    targets = [
        max(1, min(count * VALIDATION_PERCENT // 100, count * VALIDATION_LIMIT // len(train)))
        if count > 2
        else 0
        for count in counts
    ]
    return _draw_for("validation", store, train, groups, targets)


def _by_label(store: Catalogue, members: Indices, groups: Groups, percent: int, limit: int) -> Indices:
    """Hold out groups of pictures label by label; a group has the labels of all its pictures.

    Raises:
        DataError: All pictures are in one group.
    """
    ordered = _ordered(store, members, groups.of)
    if len(ordered) < 2:
        raise DataError(
            "the pictures cannot be split",
            why="they are one group, or copies of one picture, and some have to be held out",
            remedy="add other pictures",
        )
    labels = np.array([store.target.indicators(store.labels[group]).any(axis=0) for group in ordered])
    aside = set_aside(labels, np.arange(len(ordered)), min(percent / 100, limit / len(members)))
    aside[0] |= not aside.any()
    return np.sort(np.concatenate([_NONE, *compress(ordered, aside)]))


def _absent(store: Catalogue, part: str, members: Indices) -> list[str]:
    if not len(members):
        return []
    shown = store.target.indicators(store.labels[members]).any(axis=0)
    kind = "label" if isinstance(store.target, SeveralLabels) else "class"
    return [f"no {part} pictures of the {kind} {store.classes[at]!r}" for at in np.flatnonzero(~shown)]


def _shared(store: Catalogue, train: Indices, part: str, members: Indices, groups: Groups) -> list[str]:
    """Return notes on what a part has in common with the training pictures."""
    digests = _digests(store)
    count = int(np.isin(digests[members], digests[train]).sum())
    notes = [f"{part} pictures that equal training pictures, byte by byte: {count:,}"] if count else []
    pairs = list(across(groups.near, train, members, digests))
    if pairs:
        one, other = pairs[0]
        notes.append(
            f"{part} pictures that are nearly equal to training pictures: {len(pairs):,}, such as"
            f" {store.names[other]} to {store.names[one]}; `convscope doctor` shows them"
        )
    if store.given_groups is not None:
        given = np.intersect1d(store.given_groups[train], store.given_groups[members])
        if shared := int((given >= 0).sum()):
            notes.append(f"groups of which there are both training and {part} pictures: {shared:,}")
    return notes
