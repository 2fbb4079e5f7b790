"""The target: what a network predicts for a picture, one class or several labels.

With one class per picture (single-label), the outputs compete: softmax makes them sum to 1. With several
labels per picture (multi-label), every label is a separate question, "is it present?", so each output ends in
a sigmoid, and a picture may have all labels or none.

A catalogue gives each picture one number, its label. With one class it is the index of the class; with
several labels it is the index of the *label set*: `red;round` is one, "none of them" another. So pictures are
split, shuffled and batched in the same way; only code that uses the target distinguishes the two.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol

import numpy as np

from convscope.pictures.naming import natural_order

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from convscope.network.chain import LastStep
    from convscope.pictures.sources.source import Item

SEPARATOR = ";"
"""Separator of the labels of a set in a text."""


class Target(Protocol):
    """What a network predicts.

    Attributes:
        last_step: What turns logits into probabilities.
    """

    last_step: ClassVar[LastStep]

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the outputs: classes or labels."""
        ...

    @property
    def names(self) -> tuple[str, ...]:
        """The text of each label number: a class, or a set of labels such as `red;round`."""
        ...

    def indicators(self, labels: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return the target of each output, (n, classes) bool, for label numbers (n,)."""
        ...


@dataclass(frozen=True, slots=True)
class OneClass:
    """One class per picture.

    Attributes:
        classes: Names of the classes.

    Example:
        >>> OneClass(("cat", "dog")).indicators(np.array([1])).tolist()
        [[False, True]]
    """

    classes: tuple[str, ...]
    last_step: ClassVar[LastStep] = "softmax"

    @property
    def names(self) -> tuple[str, ...]:
        """The classes."""
        return self.classes

    def indicators(self, labels: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return (n, classes), one True in each row."""
        return labels[:, np.newaxis] == np.arange(len(self.classes))


@dataclass(frozen=True, slots=True)
class SeveralLabels:
    """Any number of labels per picture.

    Attributes:
        classes: Names of the labels.
        sets: The label sets, each as ascending indices of labels.

    Example:
        >>> target = SeveralLabels(("red", "round"), ((), (0, 1)))
        >>> target.names, target.indicators(np.array([1, 0])).tolist()
        (('', 'red;round'), [[True, True], [False, False]])
    """

    classes: tuple[str, ...]
    sets: tuple[tuple[int, ...], ...]
    last_step: ClassVar[LastStep] = "sigmoid"

    @property
    def names(self) -> tuple[str, ...]:
        """The sets as texts; empty for the set without labels."""
        return tuple(joined(self.classes[label] for label in members) for members in self.sets)

    @property
    def table(self) -> NDArray[np.bool_]:
        """Whether each set contains each label, (sets, labels)."""
        table = np.zeros((len(self.sets), len(self.classes)), np.bool_)
        for row, members in zip(table, self.sets, strict=True):
            row[list(members)] = True
        return table

    def indicators(self, labels: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return (n, labels), any number of True in each row."""
        return self.table[labels]


def target_of(classes: tuple[str, ...], label_sets: tuple[tuple[int, ...], ...] | None) -> Target:
    """Return the target of classes, or of labels if there are label sets."""
    return OneClass(classes) if label_sets is None else SeveralLabels(classes, label_sets)


def encode(items: Sequence[Item]) -> tuple[Target, NDArray[np.int64]]:
    """Return the target of pictures and the label number of each of them.

    Example:
        >>> from convscope.pictures.sources.source import Item
        >>> target, labels = encode([Item("1", "b", None), Item("2", "a", None)])
        >>> target, labels.tolist()
        (OneClass(classes=('a', 'b')), [1, 0])
    """
    if not has_several_labels(items):
        classes = in_natural_order(item.label for item in items)
        number = {label: index for index, label in enumerate(classes)}
        return OneClass(classes), np.fromiter((number[item.label] for item in items), np.int64, len(items))
    classes = in_natural_order(label for item in items for label in item.labels or ())
    number = {label: index for index, label in enumerate(classes)}
    sets = [tuple(sorted(number[label] for label in item.labels or ())) for item in items]
    kinds = tuple(sorted(set(sets)))
    place = {members: index for index, members in enumerate(kinds)}
    return SeveralLabels(classes, kinds), np.fromiter((place[one] for one in sets), np.int64, len(sets))


def has_several_labels(items: Sequence[Item]) -> bool:
    """Whether pictures may have several labels."""
    return len(items) > 0 and items[0].labels is not None


def in_natural_order(names: Iterable[str]) -> tuple[str, ...]:
    """Return the distinct names in natural order."""
    return tuple(sorted(set(names), key=natural_order))


def joined(labels: Iterable[str]) -> str:
    """Return a label set as one text.

    Example:
        >>> joined(["red", "round"]), joined([])
        ('red;round', '')
    """
    return SEPARATOR.join(labels)
