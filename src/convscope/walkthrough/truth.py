"""Possible truths of a picture, a class or a label set, and the loss of a prediction for each.

A walk numbers these outcomes. With one class per picture they are the classes, and the number of an outcome
is the index of its class. With n labels there are 2^n label sets; a walk numbers a few of them: the true one
if it is known, the predicted one, and those that differ from it by one label, the most probable first.
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
    """The truth about a picture; hashable."""

    def loss(self, logits: Array) -> float:
        """Return the loss of logits, in nats."""
        ...

    def gradient(self, logits: Array) -> Array:
        """Return the gradient of the loss at the logits, probability minus target."""
        ...


@dataclass(frozen=True, slots=True)
class TrueClass:
    """A class, and the cross-entropy of softmax.

    Attributes:
        index: Index of the class.

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
    """A set of labels, and the binary cross-entropy of sigmoids, summed over all labels.

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
    """The possible truths of one picture, by number."""

    @property
    def known(self) -> int | None:
        """The number of the truth; None if it is unknown."""
        ...

    def truth(self, number: int) -> Truth:
        """Return the outcome with a number."""
        ...

    def likely(self) -> list[int]:
        """Return numbers: first the truth, or else the prediction, then the most probable others."""
        ...

    def outputs(self) -> tuple[int, ...]:
        """Return the classes or labels that must be shown, however improbable they are."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class ClassOutcomes:
    """The classes as outcomes.

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
    """The label sets that a walk numbers.

    Attributes:
        sets: Each as ascending indices of labels.
        labels: Number of labels.
        known: 0 if the true set is known (it is the first), else None.
    """

    sets: tuple[tuple[int, ...], ...]
    labels: int
    known: int | None

    def truth(self, number: int) -> TrueLabels:
        """Return a label set."""
        return true_labels(self.sets[number], self.labels)

    def likely(self) -> list[int]:
        """Return all of them, which are in this order."""
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
    """Return a source's label as a truth for `outcomes_of`, if the model has all of its labels.

    Args:
        label: A class, or labels separated by `;`; None if there is none.
        model: The model.
    """
    if label is None:
        return None
    names = [label] if model.thresholds is None else filter(None, label.split(SEPARATOR))
    return label if all(name in model.classes for name in names) else None


def outcomes_of(model: Model, logits: Array, truth: str | None = None) -> Outcomes:
    """Return the possible truths of a picture.

    Args:
        model: The model.
        logits: (classes,) of the picture.
        truth: The true class, or labels separated by `;`, "" for none; None if it is unknown.

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
    """Return the sets with one label more or less than the prediction, the most probable first.

    Labels are independent, so adding label k makes a set exp(logit k) times as probable.
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
