"""The most serious obstacle to higher accuracy, in one line, with remedies.

The diagnosis is based on cross-validation. Possible findings, the most serious first:

    no better than chance   less than two standard errors better than always predicting the largest class
    wrong labels            another class has a probability of 90 % or more
    memorised               high accuracy on the training pictures, far lower in cross-validation
    a weak class            recall clearly lower than that of the others
    copies                  one picture in twenty, or more, has a copy
    few pictures            the confidence interval of the accuracy is wide
    frozen features         accuracy is low, and there are enough pictures for fine-tuning
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from convscope.common.percent import percent
from convscope.doctor.label_suspects import label_suspects
from convscope.model.evaluation import wilson_interval
from convscope.training.start.gain import Gain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from convscope.training.start.head import Accuracy

_MOST_REMEDIES = 3
_DOUBT = 0.9
_GAP = 0.1
_COPIES = 0.05
_WIDE = 0.1
_WEAK = 0.05
_GOOD, _ENOUGH, _MINUTES = 0.95, 400, 10


class Diagnosis(NamedTuple):
    """A diagnosis.

    Attributes:
        sentence: The most serious finding.
        remedies: Up to three remedies, each an instruction with its command, if any.
    """

    sentence: str
    remedies: tuple[str, ...]


class Outcome(NamedTuple):
    """The result of cross-validation.

    Attributes:
        data: The source, as given to `convscope train`.
        classes: Names of the classes.
        labels: (pictures,) indices of classes.
        groups: (pictures,) the group of each picture; copies share a group.
        probabilities: (pictures, classes), calibrated, from models that were not trained on the picture.
        accuracy: Accuracy of these predictions.
        recognised_fraction: Training accuracy of the model that was trained on all pictures.
        tried_fine_tuning: Whether fine-tuning was tried, within a time limit.
        tried_scratch: Whether a trial has shown that a network from scratch is no better.
    """

    data: str
    classes: Sequence[str]
    labels: NDArray[np.int64]
    groups: NDArray[np.int64]
    probabilities: NDArray[np.float64]
    accuracy: Accuracy
    recognised_fraction: float
    tried_fine_tuning: bool
    tried_scratch: bool


def diagnose(outcome: Outcome) -> Diagnosis:
    """Return the most serious obstacle to higher accuracy.

    Example:
        >>> from convscope.training.start.head import Accuracy
        >>> labels, sure = np.array([0, 1] * 200), np.eye(2)[[0, 1] * 200] * 0.98 + 0.01
        >>> good = Accuracy(400, 400, 0.99, 1.0)
        >>> pets = Outcome("pets", ("cat", "dog"), labels, np.arange(400), sure, good, 1.0, False, False)
        >>> diagnose(pets).sentence
        'nothing stands in the way'
    """
    found = list(_findings(outcome))
    if not found:
        return Diagnosis("nothing stands in the way", ())
    remedies = dict.fromkeys(remedy for one in found for remedy in one.remedies)
    return Diagnosis(found[0].sentence, tuple(remedies)[:_MOST_REMEDIES])


def _findings(outcome: Outcome) -> Iterator[Diagnosis]:
    for find in (_chance, _wrong_labels, _by_heart, _weak_class, _copies, _few, _frozen):
        found = find(outcome)
        if found:
            yield found


def _chance(outcome: Outcome) -> Diagnosis | None:
    counts = np.bincount(outcome.labels, minlength=len(outcome.classes))
    largest, answers = int(counts.argmax()), outcome.probabilities.argmax(axis=1)
    gain = Gain(outcome.labels == largest, answers == outcome.labels)
    if gain.is_clear and gain.difference > 0:
        return None
    from_scratch = f"try a network from scratch: {_command(outcome, 'train', '--start scratch')}"
    share = f"{percent(outcome.accuracy.fraction, 0)} of {counts.sum():,} pictures"
    return Diagnosis(
        f"the classes are not separated: {share} are recognised in cross-validation, and always answering "
        f"{outcome.classes[largest]!r} is right for {percent(counts.max() / counts.sum(), 0)}",
        (
            "add pictures, or check that the classes differ visibly",
            *(() if outcome.tried_scratch else (from_scratch,)),
        ),
    )


def _wrong_labels(outcome: Outcome) -> Diagnosis | None:
    suspects, others = label_suspects(outcome.probabilities, outcome.labels)
    sure = outcome.probabilities[suspects, others] >= _DOUBT
    if not sure.any():
        return None
    first, other = suspects[sure][0], others[sure][0]
    labelled, rather = (outcome.classes[int(place)] for place in (outcome.labels[first], other))
    count = int(sure.sum())
    subject = "1 label looks" if count == 1 else f"{count:,} labels look"
    return Diagnosis(
        f"{subject} wrong, such as {labelled!r} on what is rather {rather!r}",
        (f"check the suspicious labels: {_command(outcome, 'doctor', '--labels')}",),
    )


def _by_heart(outcome: Outcome) -> Diagnosis | None:
    if outcome.recognised_fraction - outcome.accuracy.fraction < _GAP:
        return None
    return Diagnosis(
        f"memorised: {percent(outcome.recognised_fraction, 0)} of the pictures are recognised after "
        f"training on them, {percent(outcome.accuracy.fraction, 0)} before",
        ("add pictures that differ from those you have: other places, light and angles",),
    )


def _weak_class(outcome: Outcome) -> Diagnosis | None:
    answers = outcome.probabilities.argmax(axis=1)
    right = answers == outcome.labels
    weakest: tuple[float, int] | None = None
    for place in np.unique(outcome.labels).tolist():
        own = outcome.labels == place
        recall, rest = right[own].mean(), right[~own].mean()
        _, high = wilson_interval(int(right[own].sum()), int(own.sum()))
        if high < rest and recall < rest - _WEAK and (weakest is None or recall < weakest[0]):
            weakest = float(recall), place
    if weakest is None:
        return None
    name = outcome.classes[weakest[1]]
    own = outcome.labels == weakest[1]
    taken = outcome.classes[int(np.bincount(answers[own & ~right]).argmax())]
    return Diagnosis(
        f"{name!r} is recognised worst, {int(right[own].sum()):,} of {int(own.sum()):,} pictures, and mostly "
        f"taken for {taken!r}",
        (f"add pictures of {name!r}, in particular ones that look like {taken!r}",),
    )


def _copies(outcome: Outcome) -> Diagnosis | None:
    copies = len(outcome.groups) - len(np.unique(outcome.groups))
    if copies < _COPIES * len(outcome.groups):
        return None
    return Diagnosis(
        f"{copies:,} of {len(outcome.groups):,} pictures are copies of others and teach nothing new",
        (f"list the good pictures: {_command(outcome, 'doctor', '--manifest good.csv')}",),
    )


def _few(outcome: Outcome) -> Diagnosis | None:
    low, high = outcome.accuracy.low, outcome.accuracy.high
    if high - low < _WIDE:
        return None
    counts = np.bincount(outcome.labels, minlength=len(outcome.classes))
    fewest = outcome.classes[int(counts.argmin())]
    return Diagnosis(
        f"there are few pictures: the accuracy may be anything from {percent(low, 0)} to {percent(high, 0)}",
        (f"add pictures, first of {fewest!r}, which has {counts.min():,}",),
    )


def _frozen(outcome: Outcome) -> Diagnosis | None:
    accuracy = outcome.accuracy.fraction
    if outcome.tried_fine_tuning or accuracy >= _GOOD or len(np.unique(outcome.groups)) < _ENOUGH:
        return None
    return Diagnosis(
        f"the frozen pretrained features recognise {percent(accuracy, 0)} of these pictures",
        (f"try fine-tuning them: {_command(outcome, 'train', f'--minutes {_MINUTES}')}",),
    )


def _command(outcome: Outcome, command: str, options: str) -> str:
    return f"convscope {command} {shlex.quote(outcome.data)} {options}"
