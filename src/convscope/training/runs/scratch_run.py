"""A run that starts from scratch, or from the weights of an earlier model: the training loop.

source -> preparation -> store -> split -> recipe -> training loop -> model -> evaluation -> report
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from convscope.classifier import Classifier
from convscope.network.training_network import window_kernels_of
from convscope.pictures.target import encode
from convscope.training.data.stream import resolve_store_limit
from convscope.training.data.training_data import TrainingData, prepare_data
from convscope.training.events import Listener, Note, Started, StepDone, emit, preparing
from convscope.training.learning.loop import Training
from convscope.training.machine.compilation import compile_meanwhile, compile_window_kernels
from convscope.training.machine.engine import deterministic, engine_of
from convscope.training.machine.machine import Machine
from convscope.training.machine.precision import DTYPES
from convscope.training.machine.threads import computing_threads
from convscope.training.machine.trial import resolve_device
from convscope.training.recipe import LARGEST_BATCH_SIZE, chain_of, recipe_lines, resolve, resolve_preparation
from convscope.training.report import figure_process, run_report
from convscope.training.runs import run_folder, snapshots
from convscope.training.runs.checkpoint import Checkpoints
from convscope.training.runs.model import finished_model
from convscope.training.runs.run_end import end_run
from convscope.training.start.earlier_model import (
    as_for,
    carry_over,
    earlier_model,
    receipt_of_start,
    weights_for,
    with_model,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from convscope.pictures.preparation import Preparation
    from convscope.pictures.sources.source import Source
    from convscope.pictures.survey import Survey
    from convscope.training.events import Event
    from convscope.training.group import Group
    from convscope.training.runs.interruption import StopRequest
    from convscope.training.runs.run_folder import Record

_SECONDS_BEFORE_FIGURES = 3.0
"""Seconds before the end at which the figure process starts: importing Matplotlib may take this long."""


def learn(
    run: Path,
    record: Record,
    source: Source,
    surveyed: Survey,
    group: Group,
    listeners: Sequence[Listener],
    stop: StopRequest,
    begin: float,
) -> Classifier:
    """Train to the end and write the model and the report.

    Args:
        run: The run folder.
        record: The run's record.
        source: The pictures.
        surveyed: The survey of a sample of them.
        group: The processes.
        listeners: Called with each event.
        stop: Whether the user has requested a stop.
        begin: Start time of the process.

    Raises:
        ConvscopeError: The pictures cannot be used, or settings contradict each other.
        KeyboardInterrupt: The user stopped it; it can be resumed from the run folder.
    """
    with computing_threads(record.threads) as threads, deterministic():
        known = replace(record, threads=threads)
        process = _begin(run, known, source, surveyed, group, listeners)
        process.learn(stop)
        return process.finish(begin)


def _begin(
    run: Path,
    record: Record,
    source: Source,
    surveyed: Survey,
    group: Group,
    listeners: Sequence[Listener],
) -> RunProcess:
    """Prepare the data, resolve the recipe, and restore the newest checkpoint, if any."""
    settings, model = record.settings, earlier_model(record.settings)
    if model:
        settings = with_model(settings, model)
    preparation = resolve_preparation(settings, surveyed)
    machine, notes = _resolve_machine(replace(record, settings=settings), source, preparation, group)
    start_receipt = record.start_receipt or (receipt_of_start(settings, model) if model else {})
    known = replace(record, machine=machine, start_receipt=start_receipt)
    if group.is_first and known != record:
        record = known
        run_folder.write(run, record)
    record = run_folder.from_json(group.broadcast_text(run_folder.to_json(record)))
    if machine.device == "cpu":
        compile_meanwhile(machine.precision)
    data = _prepare_data(source, preparation, record, group, listeners)
    initial = None
    if model:
        data, initial = as_for(model, data), weights_for(model, data.classes)
        notes = (*notes, carry_over(model.classes, data.classes).sentence)
    recipe = resolve(settings, data.statistics, record.machine or machine)
    engine = engine_of(recipe.device, group.rank.local_number)
    if recipe.device == "cuda":
        group = group.on_gpus()
    training = Training(data, recipe, group, engine, initial)
    process = RunProcess(run, record, group, listeners, training, Checkpoints(run))
    process.begin(notes)
    return process


def _resolve_machine(
    record: Record, source: Source, preparation: Preparation, group: Group
) -> tuple[Machine, tuple[str, ...]]:
    """Measure what the user did not choose (device, precision); a resumed run keeps its record."""
    settings, known = record.settings, record.machine
    if known:
        settings = replace(
            settings, device=known.device, precision=known.precision, store_limit=known.store_limit
        )
    each_has_gpu = group.each_has_gpu()
    if not group.is_first:
        return Machine(), ()
    limit = resolve_store_limit(source, preparation, settings.store_limit)
    target, _ = encode(source.items)
    chain = chain_of(settings, preparation.shape, len(target.classes), target.last_step)
    batch_size = max(1, (settings.batch_size or LARGEST_BATCH_SIZE) // group.rank.size)
    machine, notes = resolve_device(settings, chain, batch_size, each_has_gpu=each_has_gpu)
    if machine.device == "cpu":
        needed = window_kernels_of(chain, batch_size, DTYPES[machine.precision])
        compile_window_kernels(needed, machine.precision)
    return replace(machine, store_limit=limit), notes


def _prepare_data(
    source: Source, preparation: Preparation, record: Record, group: Group, listeners: Sequence[Listener]
) -> TrainingData:
    """Let one process per machine decode; the others then use its store."""
    limit = record.machine.store_limit if record.machine else None
    prepare = partial(prepare_data, source, preparation, record.settings, limit)
    is_decoder = group.rank.local_number == 0
    decoded = prepare(progress=preparing(listeners)) if is_decoder else None
    group.barrier()
    data = decoded or prepare()
    group.barrier()
    return data


@dataclass(frozen=True, slots=True)
class RunProcess:
    """One process of a run. All of them train; the first one also emits events, writes and evaluates."""

    run: Path
    record: Record
    group: Group
    listeners: Sequence[Listener]
    training: Training
    checkpoints: Checkpoints

    def begin(self, notes: Sequence[str]) -> None:
        """Restore the newest checkpoint, if any, and emit data and recipe."""
        training, data = self.training, self.training.data
        unused = self.checkpoints.restore(training) if self.group.is_first else ()
        training.synchronise()
        self._save()
        plan = (*run_report.data_lines(data.all), *recipe_lines(data.statistics, training.recipe))
        emit(
            Started(self.run, plan, training.recipe.epochs, training.schedule.steps),
            self.listeners,
        )
        for note in (*notes, *run_report.data_notes(data), *unused):
            emit(Note(note), self.listeners)

    def learn(self, stop: StopRequest) -> None:
        """Train to the end.

        Raises:
            KeyboardInterrupt: The user stopped it; a checkpoint was written.
        """
        training = self.training

        def save() -> None:
            if not self.group.is_first:
                return
            if self.record.keep_epochs and training.position.step == 0:  # at the end of an epoch
                snapshots.save_snapshot(self.run, training)
            self.checkpoints.save_if_due(training)

        is_new = training.position.epoch == training.position.step == 0
        if self.record.keep_epochs and self.group.is_first and is_new:
            snapshots.save_snapshot(self.run, training)
        with stop.deferred() as wants_stop:
            listeners = (*self.listeners, self._prepare_figures) if self.group.is_first else ()
            reached_end = training.run(listeners, wants_stop, save)
        stop.position = training.position.epoch, training.position.epochs
        if not reached_end:
            figure_process.dismiss(self.run)
            self._save()
            raise KeyboardInterrupt
        training.finish()

    def _prepare_figures(self, event: Event) -> None:
        """Start the figure process, shortly before it is needed."""
        left = event.remaining_seconds if isinstance(event, StepDone) else None
        if self.record.is_kept and left is not None and left < _SECONDS_BEFORE_FIGURES:
            figure_process.start(self.run)

    def finish(self, begin: float) -> Classifier:
        """Write the model and the report; `begin` is the start time of the process."""
        model = finished_model(self.training, self.record)
        if not self.group.is_first:
            return Classifier(model)
        training = self.training
        facts = {
            "training_seconds": training.position.elapsed_seconds,
            "recipe": asdict(training.recipe),
            "flip": training.position.flip,
        }
        return end_run(self.run, self.record, model, training.data, facts, self.listeners, begin)

    def _save(self) -> None:
        if self.group.is_first:
            self.checkpoints.save(self.training)
