"""A training without a run: on pictures of a store, in this process alone, and nothing is written."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from convscope.pictures.split import Split
from convscope.pictures.target import SeveralLabels
from convscope.training.data.training_data import training_data
from convscope.training.learning.loop import Training
from convscope.training.machine.engine import deterministic
from convscope.training.machine.threads import check_not_forked
from convscope.training.machine.trial import resolve_device
from convscope.training.recipe import LARGEST_BATCH_SIZE, chain_of, resolve
from convscope.training.runs.learned_run import LearnedRun
from convscope.training.runs.model import finished_model
from convscope.training.runs.run_folder import Record
from convscope.training.runs.run_receipt import receipt_of
from convscope.training.runs.tuned_run import tuned_model, tuning_of
from convscope.training.settings import is_backbone
from convscope.training.start.backbone import backbone_for
from convscope.training.start.earlier_head import backbone_of
from convscope.training.start.earlier_model import (
    as_for,
    check_one_class,
    earlier_model,
    has_learned_head,
    receipt_of_start,
    weights_for,
)
from convscope.training.start.learning import learn, learned_model

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from convscope.model.file import Model
    from convscope.pictures.store import Store
    from convscope.training.data.training_data import TrainingData
    from convscope.training.events import Listener
    from convscope.training.settings import Settings


def fit(
    store: Store,
    settings: Settings,
    indices: NDArray[np.int64] | None = None,
    *,
    listeners: Sequence[Listener] = (),
) -> Model:
    """Train on pictures of a store; none are set aside.

    Args:
        store: The pictures, prepared as `resolve_preparation` says.
        settings: Of the training; it starts from scratch unless `start` says otherwise, and from a model
            with the settings that `with_model` gives.
        indices: Which of them, ascending; None: all.
        listeners: Get the events.

    Raises:
        ConvscopeError: The network does not fit the pictures.
        RunError: This process was forked from one that has trained.
    """
    check_not_forked()
    none = np.zeros(0, np.int64)
    data = training_data(
        store, Split(np.arange(len(store.labels)) if indices is None else indices, none, none, ())
    )
    earlier = earlier_model(settings)
    if earlier:
        check_one_class(earlier, settings, several_labels=isinstance(store.target, SeveralLabels))
    if is_backbone(settings.start) or (earlier and has_learned_head(earlier)):
        return _fit_head(data, settings, earlier, listeners)
    chain = chain_of(settings, data.shape, len(data.classes), data.target.last_step)
    machine, _ = resolve_device(settings, chain, settings.batch_size or LARGEST_BATCH_SIZE)
    initial = None
    if earlier:
        data, initial = as_for(earlier, data), weights_for(earlier, data.classes)
    training = Training(data, resolve(settings, data.statistics, machine), initial=initial)
    with deterministic():
        training.run(listeners)
        training.finish()
        return finished_model(training, Record("", settings, torch.get_num_threads(), machine=machine))


def _fit_head(
    data: TrainingData, settings: Settings, earlier: Model | None, listeners: Sequence[Listener]
) -> Model:
    backbone, store = backbone_of(earlier) if earlier else backbone_for(settings), data.kept.store
    begin = time.monotonic()
    head = learn(
        store,
        data.kept.split.train,
        backbone,
        seed=settings.seed,
        listeners=listeners,
        earlier=earlier,
        rejected_fraction=settings.rejected_fraction,
    )
    learned = LearnedRun(data, backbone, head, time.monotonic() - begin)
    start = receipt_of_start(settings, earlier) if earlier else {}
    record = Record("", settings, torch.get_num_threads(), start=settings.start, start_receipt=start)
    receipt = backbone.receipt | receipt_of(data, record, "cpu")
    model = (None if earlier else _tuned(learned, settings, listeners)) or learned_model(
        backbone, head, store
    )
    return replace(model, receipt=receipt)


def _tuned(learned: LearnedRun, settings: Settings, listeners: Sequence[Listener]) -> Model | None:
    """Fine-tune the backbone within the time limit; None if there is none, or it does not pay."""
    tuning = tuning_of(learned, settings, listeners)
    if tuning is None:
        return None
    with deterministic():
        tuning.run()
        return tuned_model(tuning, settings.rejected_fraction) if tuning.gain.pays else None
