"""A run that starts from pretrained features.

pictures -> store -> features of a frozen backbone -> logistic regression -> one chain from pixels to softmax

Penalty, inputs of the head, accuracy, temperature and the threshold for unknown pictures come from
cross-validation, so no validation set is needed.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from convscope.model.receipt import has_learned_from
from convscope.pictures.split import split_for_cross_validation
from convscope.training.data.stream import All, Kept
from convscope.training.data.training_data import TrainingData, prepared_store
from convscope.training.events import Note, Started, emit, preparing
from convscope.training.report import figure_process, run_report
from convscope.training.runs.run_end import end_run
from convscope.training.runs.run_receipt import receipt_of
from convscope.training.settings import is_backbone
from convscope.training.start.backbone import backbone_for
from convscope.training.start.earlier_head import backbone_of
from convscope.training.start.earlier_model import carry_over
from convscope.training.start.label_learning import LearnedLabels
from convscope.training.start.learning import learn as fit_to_features
from convscope.training.start.learning import learned_model

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from convscope.classifier import Classifier
    from convscope.model.file import Model
    from convscope.pictures.sources.source import Source
    from convscope.pictures.store import Store
    from convscope.training.events import Listener
    from convscope.training.runs.run_folder import Record
    from convscope.training.settings import Settings
    from convscope.training.start.backbone import Backbone
    from convscope.training.start.learning import LearnedHead


@dataclass(frozen=True, slots=True, eq=False)
class LearnedRun:
    """A run whose head is fitted and whose model is not written yet.

    Attributes:
        data: The pictures; the head is fitted to the training set.
        backbone: Computes the features.
        head: The head, and what was fitted with it.
        seconds: Time that features and head took.
    """

    data: TrainingData
    backbone: Backbone
    head: LearnedHead | LearnedLabels
    seconds: float

    @property
    def head_of_classes(self) -> LearnedHead:
        """The head, of pictures with one class each.

        Raises:
            TypeError: A picture may have several labels; then the rule of `plan_start` decides, not a trial.
        """
        if isinstance(self.head, LearnedLabels):
            raise TypeError("where a picture has several labels, the rule decides without a trial")
        return self.head

    def finish(self, run: Path, record: Record, listeners: Sequence[Listener], begin: float) -> Classifier:
        """Write the model and the report; `begin` is the start time of the process."""
        model = learned_model(self.backbone, self.head, self.data.kept.store)
        receipt = self.backbone.receipt | receipt_of(self.data, record, "cpu")
        facts = {"training_seconds": self.seconds, **self.head.facts(), "start": record.start}
        # keep the features of an earlier model: it remembers pictures by them
        tried, head = record.settings.minutes is not None or not is_backbone(record.start), self.head
        diagnosis = (
            None
            if isinstance(head, LearnedLabels)
            else head.diagnose(
                record.data,
                model.classes,
                tried_fine_tuning=tried,
                tried_scratch=record.settings.start is None,
            )
        )
        lines = (
            [("diagnosis", diagnosis.sentence), *(("try", one) for one in diagnosis.remedies)]
            if diagnosis
            else []
        )
        return end_run(
            *(run, record, replace(model, receipt=receipt), self.data, facts, listeners, begin),
            out_of_fold=self.head.probabilities,
            more_lines=lines,
        )


def learn(
    source: Source,
    settings: Settings,
    run: Path | None,
    listeners: Sequence[Listener],
    stores: Path | None = None,
    earlier: Model | None = None,
) -> LearnedRun:
    """Compute the features of the training pictures, and fit a head to them.

    Args:
        source: The pictures.
        settings: The user's settings.
        run: The run folder; None: it is part of another run, and emits no start event.
        listeners: Called with each event.
        stores: Where prepared pictures are stored; by default the user's cache folder.
        earlier: A model whose features are used, and whose head is trained further; None: no such model.

    Raises:
        ConvscopeError: The pictures or the backbone cannot be used; the message states the cause.
    """
    backbone = backbone_of(earlier) if earlier else backbone_for(settings)
    progress = preparing(listeners)
    store = prepared_store(source, backbone.preparation, settings, progress=progress, folder=stores)
    parts = split_for_cross_validation(store, settings.group_pattern)
    design = backbone.design
    mean, std = np.array(design.mean, np.float32), np.array(design.std, np.float32)
    data = TrainingData(Kept(store, parts), All(store, parts), mean, std)
    if run:
        figure_process.start(run)
        start = f"{settings.start}, from {design.origin}" if earlier else design.origin
        emit(Started(run, (*run_report.data_lines(data.all), ("start", start)), 0, 0), listeners)
    learned = fit_head(data, backbone, settings, listeners, earlier)
    for note in (*run_report.data_notes(data), *_notes(earlier, store), learned.head.sentence):
        emit(Note(note), listeners)
    return learned


def fit_head(
    data: TrainingData,
    backbone: Backbone,
    settings: Settings,
    listeners: Sequence[Listener],
    earlier: Model | None,
) -> LearnedRun:
    """Compute the features of the training pictures and fit a head to them, with the user's settings."""
    begin = time.monotonic()
    head = fit_to_features(
        data.kept.store,
        data.kept.split.train,
        backbone,
        seed=settings.seed,
        listeners=listeners,
        groups=data.kept.split.groups,
        earlier=earlier,
        rejected_fraction=settings.rejected_fraction,
    )
    return LearnedRun(data, backbone, head, time.monotonic() - begin)


def _notes(earlier: Model | None, store: Store) -> tuple[str, ...]:
    """Return notes on the classes carried over from an earlier model, and on the accuracy."""
    if earlier is None:
        return ()
    sentence = carry_over(earlier.classes, store.classes).sentence
    if not has_learned_from(earlier.receipt, store.digests):
        return (sentence,)
    return (
        sentence,
        "the earlier model was trained on some of these pictures, so their accuracy is too high",
    )
