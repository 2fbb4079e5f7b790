"""Possible truths of a picture, one class or a set of labels, and the loss of an answer for each.

A walk counts these outcomes. With one class for each picture they are the classes, and an outcome's number is
the index of its class. With several labels there are 2 to the power of labels sets; a walk counts a few of
them: the true one if it is known, the one that the model answers, and those that differ from it by one
label, the most probable first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from convscope.errors import SettingError
from convscope.pictures.target import SEPARATOR
from convscope.steps import binary_cross_entropy, cross_entropy, sigmoid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from convscope.model.file import Model
    from convscope.steps.arrays import Array

MAX_CLASSES = 20
"""If there are more classes, labels or label sets, only this many of the most probable are shown in full."""
_MAX_NAMED = 10


class Truth(Protocol):
    """What is true of a picture; it can be hashed."""

    def loss(self, logits: Array) -> float:
        """Return what the logits cost, in nats."""
        ...

    def gradient(self, logits: Array) -> Array:
        """Return the gradient of the loss at the logits, probability minus target."""
        ...


@dataclass(frozen=True, slots=True)
class TrueClass:
    """A class, and the cross-entropy of softmax.

    Attributes:
        index: Of the class.

    Example:
        >>> TrueClass(0).gradient(np.array([0.0, 0.0])).tolist()
        [-0.5, 0.5]
    """

    index: int

    def loss(self, logits: Array) -> float:
        """Return the cross-entropy."""
        return cross_entropy.forward(logits, self.index)

    def gradient(self, logits: Array) -> Array:
        """Return its gradient."""
        return cross_entropy.gradient(logits, self.index)


@dataclass(frozen=True, slots=True)
class TrueLabels:
    """A set of labels, and the binary cross-entropy of sigmoids, added up over all labels.

    Attributes:
        present: Whether the picture has each label.

    Example:
        >>> TrueLabels((True, True)).gradient(np.array([0.0, 0.0])).tolist()
        [-0.5, -0.5]
    """

    present: tuple[bool, ...]

    def loss(self, logits: Array) -> float:
        """Return the binary cross-entropy."""
        return binary_cross_entropy.forward(logits, self.present)

    def gradient(self, logits: Array) -> Array:
        """Return its gradient."""
        return binary_cross_entropy.gradient(logits, self.present)


class Outcomes(Protocol):
    """What may be true of one picture, by number."""

    @property
    def known(self) -> int | None:
        """The number of the truth; None if it is not known."""
        ...

    def truth(self, number: int) -> Truth:
        """Return the outcome of a number."""
        ...

    def likely(self) -> list[int]:
        """Return numbers: first what is supposed, the truth or else the answer, then the most probable."""
        ...

    def outputs(self) -> tuple[int, ...]:
        """Return the classes or labels that must be shown, however improbable they are."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class ClassOutcomes:
    """The classes.

    Attributes:
        logits: (classes,).
        known: Index of the true class, if it is known.

    Example:
        >>> ClassOutcomes(np.array([0.0, 2.0, 1.0]), known=0).likely()
        [0, 1, 2]
    """

    logits: Array
    known: int | None

    def truth(self, number: int) -> TrueClass:
        """Return a class."""
        return TrueClass(number)

    def likely(self) -> list[int]:
        """Return the classes, the true one first, then by their logits."""
        order: list[int] = np.argsort(-self.logits, kind="stable")[: MAX_CLASSES + 1].tolist()
        first = order[0] if self.known is None else self.known
        return [first, *[other for other in order if other != first][:MAX_CLASSES]]

    def outputs(self) -> tuple[int, ...]:
        """Return the true class."""
        return () if self.known is None else (self.known,)


@dataclass(frozen=True, slots=True)
class LabelOutcomes:
    """The label sets that a walk counts.

    Attributes:
        sets: Each as ascending indices of labels.
        labels: How many labels there are.
        known: 0 if the true set is known, which then is the first.
    """

    sets: tuple[tuple[int, ...], ...]
    labels: int
    known: int | None

    def truth(self, number: int) -> TrueLabels:
        """Return a label set."""
        return true_labels(self.sets[number], self.labels)

    def likely(self) -> list[int]:
        """Return all of them, as they are in this order."""
        return [*range(len(self.sets))]

    def outputs(self) -> tuple[int, ...]:
        """Return the labels of all sets."""
        return tuple(sorted({label for members in self.sets for label in members}))


def true_labels(members: Sequence[int], labels: int) -> TrueLabels:
    """Return a set of labels as a truth.

    Example:
        >>> true_labels([1], 3)
        TrueLabels(present=(False, True, False))
    """
    return TrueLabels(tuple(label in members for label in range(labels)))


def known_truth(label: str | None, model: Model) -> str | None:
    """Return what a source says of a picture, if the model knows all of it, as `outcomes_of` takes it.

    Args:
        label: A class, or labels with `;` between them; None if nothing is said.
        model: The model.
    """
    if label is None:
        return None
    names = [label] if model.thresholds is None else filter(None, label.split(SEPARATOR))
    return label if all(name in model.classes for name in names) else None


def outcomes_of(model: Model, logits: Array, truth: str | None = None) -> Outcomes:
    """Return what may be true of a picture.

    Args:
        model: The model.
        logits: (classes,) that it gives for the picture.
        truth: The true class, or labels with `;` between them, "" for none; None if it is not known.

    Raises:
        SettingError: The model has no such class or label.
    """
    if model.thresholds is None:
        return ClassOutcomes(logits, None if truth is None else _index_of(truth, model))
    probabilities = sigmoid.forward(logits / model.temperature)
    found = np.flatnonzero(model.decide(probabilities[np.newaxis])[0])
    answer: tuple[int, ...] = tuple(found.tolist())
    sets = [answer, *_one_apart(answer, logits)]
    if truth is not None:
        names = filter(None, map(str.strip, truth.split(SEPARATOR)))
        known = tuple(sorted({_index_of(name, model) for name in names}))
        sets = [known, *[other for other in sets if other != known]]
    return LabelOutcomes(tuple(sets), len(model.classes), None if truth is None else 0)


def _one_apart(answer: tuple[int, ...], logits: Array) -> list[tuple[int, ...]]:
    """Return the sets with one label more or less than the answer, the most probable first.

    As labels are independent, a set with label k more is exp(logit k) times as probable.
    """
    gains = np.where(np.isin(np.arange(len(logits)), answer), -logits, logits)
    order: list[int] = np.argsort(-gains, kind="stable")[:MAX_CLASSES].tolist()
    return [tuple(sorted({*answer} ^ {label})) for label in order]


def _index_of(name: str, model: Model) -> int:
    if name not in model.classes:
        known = ", ".join(model.classes[:_MAX_NAMED]) + (", ..." if len(model.classes) > _MAX_NAMED else "")
        what = "class" if model.thresholds is None else "label"
        raise SettingError(f"the model has no {what} {name!r}", remedy=f"choose from {known}")
    return model.classes.index(name)
