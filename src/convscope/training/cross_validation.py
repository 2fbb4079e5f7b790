"""Cross-validation: each picture is predicted by a model trained on neither it nor a copy of it."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from convscope.classifier import Classifier
from convscope.doctor.diagnosis import with_label_suspects
from convscope.errors import DataError, SettingError
from convscope.pictures.classes import too_few
from convscope.pictures.store_building import build_store
from convscope.pictures.survey import survey
from convscope.pictures.target import has_several_labels
from convscope.training.events import EpochDone, Note, StepDone, emit, preparing
from convscope.training.recipe import resolve_preparation
from convscope.training.runs.decision import choose_start
from convscope.training.settings import Settings, is_backbone
from convscope.training.start.backbone import backbone_for
from convscope.training.start.learning import learn

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
    """Add label suspects to a diagnosis, found by cross-validation.

    Args:
        diagnosis: The findings so far; copies stay in one fold.
        settings: Training settings; None: the defaults for the pictures.
        listeners: Called with each event.

    Raises:
        DataError: A class has too few pictures, or the pictures have changed since the diagnosis.
        SettingError: Pictures may have several labels.
    """
    if has_several_labels(diagnosis.source.items):
        raise SettingError(
            "wrong labels are looked for where each picture has one class, and these have several labels",
            why="a label is doubted because another class is more probable",
            remedy="leave out --labels",
        )
    source, surveyed = diagnosis.source, survey(diagnosis.source)
    if settings is None:
        start, _ = choose_start(source, Settings(), surveyed, listeners=listeners)
        settings = Settings(start=start)
    store = build_store(
        source,
        resolve_preparation(settings, surveyed),
        progress=preparing(listeners),
        strict=settings.strict,
    )
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
    """Return each picture's probabilities from the model of the fold that held it out.

    Args:
        store: The pictures.
        settings: Training settings.
        groups: (n,) the group of each picture; a group stays in one fold.
        listeners: Called with each event, as if all folds were one training.

    Returns:
        (n, classes), rows that sum to 1.

    Raises:
        DataError: A class has fewer than two groups, or so few that one fold holds all of them.
    """
    if is_backbone(settings.start):
        every = np.arange(len(store.labels))
        learned = learn(
            store, every, backbone_for(settings), seed=settings.seed, listeners=listeners, groups=groups
        )
        if learned.probabilities is None:
            raise too_few(store.classes[0], "every class has one picture, and copies of it")
        return learned.probabilities.astype(np.float32)
    # importing PyTorch and scikit-learn takes seconds, as long as fitting a head
    from sklearn.model_selection import StratifiedGroupKFold  # noqa: PLC0415

    from convscope.training.fit import fit  # noqa: PLC0415

    folds = min(FOLDS, *_groups_of_each_class(store, groups))
    made = StratifiedGroupKFold(folds, shuffle=True, random_state=settings.seed)
    parts = list(made.split(groups, store.labels, groups))
    for learned, _ in parts:
        _check_all_classes(store, learned)
    out = np.zeros((len(store.labels), len(store.classes)), np.float32)
    for number, (learned, held_out) in enumerate(parts, start=1):
        emit(Note(f"looking for wrong labels: model {number} of {folds}"), listeners)
        fold = _Fold(number, folds, listeners)
        classifier = Classifier(fit(store, settings, learned, listeners=[fold]))
        out[held_out] = classifier.probabilities_at(store.pictures, held_out)
    return out


class _Fold:
    """A listener that forwards the events of one fold as part of one training.

    Args:
        number: Number of the fold, from 1.
        folds: Number of folds; all take about the same time.
        listeners: Called with each event.
    """

    def __init__(self, number: int, folds: int, listeners: Sequence[Listener]) -> None:
        self._number, self._folds = number, folds
        self._listeners = listeners
        self._start = time.monotonic()

    def __call__(self, event: Event) -> None:
        if not isinstance(event, StepDone | EpochDone):
            return
        left = event.remaining_seconds
        if left is not None:
            left += (self._folds - self._number) * (time.monotonic() - self._start + left)
        scaled = replace(
            event,
            epoch=(self._number - 1) * event.epochs + event.epoch,
            epochs=self._folds * event.epochs,
            remaining_seconds=left,
        )
        emit(scaled, self._listeners)


def _check_all_classes(store: Store, learned: NDArray[np.int64]) -> None:
    """Raise if a class is missing: groups with several classes cannot always be distributed evenly."""
    absent = np.setdiff1d(np.arange(len(store.classes)), store.labels[learned])
    if len(absent):
        raise too_few(store.classes[absent[0]], "nearly all its pictures are copies")


def _groups_of_each_class(store: Store, groups: NDArray[np.int64]) -> list[int]:
    counts = [len(np.unique(groups[store.labels == label])) for label in range(len(store.classes))]
    for label, count in zip(store.classes, counts, strict=True):
        if count < 2:
            raise too_few(label, "it has one picture, and copies of it")
    return counts
