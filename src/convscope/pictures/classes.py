"""Check the classes of a source."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from convscope.errors import DataError
from convscope.pictures.sources.left_out import counted, some
from convscope.pictures.sources.source import without_lone_part
from convscope.pictures.target import SeveralLabels

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from convscope.pictures.sources.source import Item, Part
    from convscope.pictures.target import Target


def check_target(target: Target, labels: NDArray[np.int64], parts: Sequence[Part | None]) -> None:
    """Check that a classifier can be trained on pictures with these labels.

    Args:
        target: The target to predict.
        labels: (n,) label numbers of the target.
        parts: The part of each picture, or None.

    Raises:
        DataError: There are no training pictures, there are fewer than two labels, or `check_classes` finds
            an error. A label that occurs once or only in one part is not an error.
    """
    names = target.names
    if not isinstance(target, SeveralLabels):
        check_classes([names[label] for label in labels.tolist()], parts)
        return
    if not {None, "train"} & set(without_lone_part(parts)):
        raise _no_training_pictures()
    if len(target.classes) < 2:
        found = f"there is only one label, {target.classes[0]!r}" if target.classes else "there are no labels"
        raise DataError(
            found,
            why="several labels are learned where there are at least two",
            remedy="name the pictures that have it and those that do not as two classes",
        )


def check_classes(labels: Sequence[str], parts: Sequence[Part | None]) -> None:
    """Check that a classifier can be trained on pictures of these classes.

    Args:
        labels: The class of each picture.
        parts: The part of each picture, or None.

    Raises:
        DataError: There are no training pictures, a class has none, there are fewer than two classes, or no
            split is given and a class has only one picture. The message names the class.

    Example:
        >>> check_classes(["cats", "dogs", "Dogs"], ["train", "train", "test"])
        Traceback (most recent call last):
        convscope.errors.DataError: the class 'Dogs' is in the test pictures but not in the training pictures
          try: name the classes alike in all parts; the training pictures have cats, dogs
    """
    parts = without_lone_part(parts)
    counts = Counter(label for label, part in zip(labels, parts, strict=True) if part in {None, "train"})
    if not counts:
        raise _no_training_pictures()
    for label, part in zip(labels, parts, strict=True):
        if label not in counts:
            raise DataError(
                f"the class {label!r} is in the {part} pictures but not in the training pictures",
                remedy=f"name the classes alike in all parts; the training pictures have {_some(counts)}",
            )
    if len(counts) < 2:
        raise DataError(
            f"there is only one class, {next(iter(counts))!r}",
            why="a classifier needs at least two",
            remedy="add pictures of another class",
        )
    if not {"validation", "test"} & set(parts):
        for label, count in counts.items():
            if count < 2:
                raise too_few(label, "it has one picture")


def lost_classes(items: Iterable[Item], kept: Iterable[bool]) -> tuple[str, ...]:
    """Return a message about classes or labels without any readable picture; empty if there are none.

    Args:
        items: The pictures.
        kept: Whether each can be read.

    Example:
        >>> from convscope.pictures.sources.source import Item
        >>> items = [Item("", label, None) for label in ("cat", "dog", "dog", "cow")]
        >>> lost_classes(items, [True, False, False, False])
        ('no class, as none of its pictures can be read: dog (2 pictures), cow (1 picture)',)
    """
    counts: dict[str, Counter[bool]] = {}
    for item, is_kept in zip(items, kept, strict=True):
        for label in (item.label,) if item.labels is None else item.labels:
            counts.setdefault(label, Counter())[bool(is_kept)] += 1
    lost = {label: count.total() for label, count in counts.items() if not count[True]}
    named = some(f"{label} ({counted(count, 'picture')})" for label, count in lost.items())
    return (f"no class, as none of its pictures can be read: {named}",) if lost else ()


def too_few(label: str, why: str) -> DataError:
    """Create the error for a class with too few pictures for training and test."""
    return DataError(
        f"the class {label!r} cannot be split",
        why=f"{why}, but one has to be learned from and another one to test with",
        remedy="add pictures of this class, or remove it",
    )


def _no_training_pictures() -> DataError:
    return DataError(
        "there are no training pictures",
        why="only validation and test pictures are given",
        remedy="call the folder of the training pictures train",
    )


def _some(counts: Counter[str]) -> str:
    return ", ".join(sorted(counts)[:10]) + (", ..." if len(counts) > 10 else "")
