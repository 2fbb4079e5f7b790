"""Probabilities of every picture from a model that has learned from neither it nor a copy of it."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold

from convscope.classifier import Classifier
from convscope.doctor.diagnosis import with_label_suspects
from convscope.errors import DataError
from convscope.pictures.classes import too_few
from convscope.training.events import EpochDone, Note, StepDone, emit
from convscope.training.recipe import Settings
from convscope.training.runs import runner

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from convscope.doctor.diagnosis import Diagnosis
    from convscope.pictures.store import Store
    from convscope.training.events import Event, Listener

FOLDS = 5


def doubt_labels(
    diagnosis: Diagnosis, settings: Settings | None = None, *, listeners: Sequence[Listener] = ()
) -> Diagnosis:
    """Add to a diagnosis the labels that models doubt which learned from four fifths of the pictures.

    Args:
        diagnosis: What was found so far; its copies always stay in one fold.
        settings: What the models are trained with; None: what `train` chooses by itself.
        listeners: Who is told how far it is.

    Raises:
        DataError: A class has too few pictures, or the pictures have changed since they were looked at.
    """
    settings = settings or Settings()
    store = runner.prepared(diagnosis.source, settings, listeners)
    readable = diagnosis.examination.readable
    if len(store.labels) != len(readable):
        raise DataError(f"the pictures of {diagnosis.source.name} have changed meanwhile", remedy="try again")
    group_of = np.arange(len(diagnosis.source.items))
    for group in diagnosis.copies:
        group_of[list(group)] = group[0]
    probabilities = out_of_fold(store, settings, group_of[readable], listeners=listeners)
    return with_label_suspects(diagnosis, store.classes, probabilities)


def out_of_fold(
    store: Store, settings: Settings, groups: NDArray[np.int64], *, listeners: Sequence[Listener] = ()
) -> NDArray[np.float32]:
    """Train on all folds but one, and predict that one, in turn.

    Args:
        store: The pictures.
        settings: What is trained with.
        groups: (n,) a number for each picture; those with the same stay in one fold.
        listeners: Who is told how far it is, as though all folds were one training.

    Returns:
        (n, classes), rows that sum to 1.

    Raises:
        DataError: A class has pictures of fewer than two groups, or of so few that a fold holds them all.
    """
    folds = min(FOLDS, *_groups_of_each_class(store, groups))
    made = StratifiedGroupKFold(folds, shuffle=True, random_state=settings.seed)
    parts = list(made.split(groups, store.labels, groups))
    for learned, _ in parts:
        _check_all_classes(store, learned)
    out = np.zeros((len(store.labels), len(store.classes)), np.float32)
    for number, (learned, held_out) in enumerate(parts, start=1):
        emit(Note(f"looking for wrong labels: model {number} of {folds}"), listeners)
        fold = _Fold(number, folds, listeners)
        classifier = Classifier(runner.learn(store, settings, learned, listeners=[fold]))
        out[held_out] = classifier.probabilities_at(store.pictures, held_out)
    return out


class _Fold:
    """Tells of one training as a part of all.

    Args:
        number: Which of them, from 1.
        folds: How many there are; all take about as long.
        listeners: Who is told.
    """

    def __init__(self, number: int, folds: int, listeners: Sequence[Listener]) -> None:
        self._number, self._folds = number, folds
        self._listeners = listeners
        self._start = time.monotonic()

    def __call__(self, event: Event) -> None:
        if not isinstance(event, StepDone | EpochDone):
            return
        takes_seconds = time.monotonic() - self._start + event.left_seconds
        as_part = replace(
            event,
            epoch=(self._number - 1) * event.epochs + event.epoch,
            epochs=self._folds * event.epochs,
            left_seconds=event.left_seconds + (self._folds - self._number) * takes_seconds,
        )
        emit(as_part, self._listeners)


def _check_all_classes(store: Store, learned: NDArray[np.int64]) -> None:
    """Groups that pictures of several classes are in cannot always be dealt out evenly."""
    absent = np.setdiff1d(np.arange(len(store.classes)), store.labels[learned])
    if len(absent):
        raise too_few(store.classes[absent[0]], "nearly all its pictures are copies")


def _groups_of_each_class(store: Store, groups: NDArray[np.int64]) -> list[int]:
    counts = [len(np.unique(groups[store.labels == label])) for label in range(len(store.classes))]
    for label, count in zip(store.classes, counts, strict=True):
        if count < 2:
            raise too_few(label, "it has one picture, and copies of it")
    return counts
