"""A run that fine-tunes the backbone of pretrained features, if that improves accuracy.

head and backbone -> last blocks -> all layers -> one chain from pixels to softmax

Part of the pictures is held out. It decides whether fine-tuning is worth it, and then serves as the
validation set: for the accuracy, the temperature and the threshold for unknown pictures.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, TypeGuard

import numpy as np
import torch

from convscope.model import nearest
from convscope.model.calibration import fit_temperature
from convscope.model.open_set import REJECTED_FRACTION, threshold_for
from convscope.training.events import Note, emit
from convscope.training.machine.engine import deterministic
from convscope.training.runs import run_folder
from convscope.training.runs.checkpoint import Checkpoints
from convscope.training.runs.model import features_at
from convscope.training.runs.run_end import end_run
from convscope.training.runs.run_receipt import receipt_of
from convscope.training.start.fine_tuning import FineTuning
from convscope.training.start.label_learning import LearnedLabels
from convscope.training.start.tuning_task import tuning_task

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from convscope.classifier import Classifier
    from convscope.model.file import Model
    from convscope.training.events import Listener
    from convscope.training.runs.interruption import StopRequest
    from convscope.training.runs.learned_run import LearnedRun
    from convscope.training.runs.run_folder import Record
    from convscope.training.settings import Settings
    from convscope.training.start.learning import LearnedHead


@dataclass(frozen=True, slots=True, eq=False)
class TunedRun:
    """A fine-tuned run whose model is not written yet.

    Attributes:
        learned: The head on frozen features that it started from.
        tuning: The finished fine-tuning.
    """

    learned: LearnedRun
    tuning: FineTuning

    def finish(self, run: Path, record: Record, listeners: Sequence[Listener], begin: float) -> Classifier:
        """Write the model and the report; `begin` is the start time of the process."""
        data, tuning = self.tuning.data, self.tuning
        before, after = tuning.gain.fractions
        model = tuned_model(tuning, record.settings.rejected_fraction)
        receipt = receipt_of(data, record, "cpu") | self.learned.backbone.receipt
        facts = {
            "training_seconds": self.learned.seconds + tuning.position.elapsed_seconds,
            **self.learned.head.facts(),
            "start": record.start,
            "fine_tuning": {
                "epochs": tuning.position.epochs,
                "held_out_pictures": len(tuning.recognised),
                "accuracy_fraction_before": before,
                "accuracy_fraction_after": after,
            },
        }
        return end_run(run, record, replace(model, receipt=receipt), data, facts, listeners, begin)


def fine_tune(
    run: Path, record: Record, learned: LearnedRun, listeners: Sequence[Listener], stop: StopRequest
) -> TunedRun | LearnedRun:
    """Fine-tune the backbone within the time limit; return the better one of the result and the head.

    Raises:
        KeyboardInterrupt: The user stopped it; it can be resumed from the run folder.
        RunError: A checkpoint is damaged.
    """
    tuning, checkpoints = tuning_of(learned, record.settings, listeners), Checkpoints(run)
    if tuning is None:
        return learned
    for note in checkpoints.restore(tuning):
        emit(Note(note), listeners)
    with stop.deferred() as wants_stop:
        reached_end = tuning.run(wants_stop, partial(checkpoints.save_if_due, tuning))
    stop.position = tuning.position.epoch, tuning.position.epochs
    if not reached_end:
        checkpoints.save(tuning)
        raise KeyboardInterrupt
    emit(Note(tuning.sentence), listeners)
    if tuning.gain.pays:
        return TunedRun(learned, tuning)
    run_folder.remove_checkpoints(run)
    return learned


def fit_further(
    learned: LearnedRun, model: Model, settings: Settings, listeners: Sequence[Listener]
) -> tuple[int, Model]:
    """Fine-tune a backbone without a run folder, and without a way to stop.

    Args:
        learned: Head and backbone.
        model: The model of both.
        settings: The user's settings.
        listeners: Called with each event.

    Returns:
        The number of compute threads, and the fine-tuned model, or the given one if that is not better.
    """
    tuning, threads = tuning_of(learned, settings, listeners), torch.get_num_threads()
    if tuning is None:
        return threads, model
    with deterministic():
        tuning.run()
        return threads, tuned_model(tuning, settings.rejected_fraction) if tuning.gain.pays else model


def tuning_of(learned: LearnedRun, settings: Settings, listeners: Sequence[Listener]) -> FineTuning | None:
    """Return a fine-tuning for the remaining time, not started yet; None without a time limit.

    It is also None if each class has only one picture, because its benefit cannot be measured.
    """
    head = learned.head
    if settings.minutes is None or not _can_be_judged(head, listeners):
        return None
    minutes = max(0.0, settings.minutes - learned.seconds / 60)
    task = tuning_task(learned.data, head, learned.backbone, seed=settings.seed, minutes=minutes)
    return FineTuning(task, listeners)


def _can_be_judged(
    head: LearnedHead | LearnedLabels, listeners: Sequence[Listener]
) -> TypeGuard[LearnedHead]:
    """Whether the benefit of fine-tuning can be measured, which needs one class per picture."""
    if isinstance(head, LearnedLabels):
        emit(Note("several labels per picture: --minutes has no effect, only the head is trained"), listeners)
        return False
    return head.accuracy is not None


def tuned_model(tuning: FineTuning, rejected_fraction: float | None) -> Model:
    """Return the tuned model, with temperature and open-set rule fitted to the held-out pictures."""
    data, blocks, rejected = tuning.data, tuning.task.blocks, rejected_fraction or REJECTED_FRACTION
    model = replace(tuning.task.model, weights=tuning.weights)
    store, split = data.kept.store, data.kept.split
    train, held_out = (features_at(model, data, indices) for indices in (split.train, split.validation))
    weight, bias = (model.weights[name] for name in model.chain.output.parameters)
    temperature = fit_temperature(held_out @ weight.T + bias, store.labels[split.validation])
    rule = nearest.fit(
        *(train, blocks, np.arange(len(train))),
        *(store.digests[split.train], store.labels[split.train], rejected),
    )
    threshold = threshold_for(rule.score(held_out), rejected) if rule else None
    known = replace(rule, threshold=threshold) if rule and threshold is not None else None
    return replace(model, temperature=temperature, open_set=known)
