"""From pictures to a model: the way of the data, from one end to the other.

source -> survey -> store -> split -> recipe -> loop -> folded model -> evaluation -> report
"""

from __future__ import annotations

import json
import time
from contextlib import nullcontext
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
import torch

from convscope.classifier import Classifier
from convscope.common.processors import processor_count
from convscope.doctor.summary import summary
from convscope.errors import RunError
from convscope.model.calibration import fit_temperature
from convscope.model.receipt import write_receipt
from convscope.pictures.sources import Data, located, open_source
from convscope.pictures.split import Split, split
from convscope.pictures.store_building import build_store
from convscope.pictures.survey import survey
from convscope.training.data.stream import is_streamed, open_stream, resolve_store_limit
from convscope.training.data.training_data import TrainingData, training_data
from convscope.training.distributed import Group, joined
from convscope.training.events import Event, Finished, Listener, Note, Preparing, Started, Stopped, emit
from convscope.training.learning.loop import Training
from convscope.training.listeners.csv_log import CsvLog
from convscope.training.listeners.event_log import EventLog
from convscope.training.machine.engine import engine_name, engine_of, repeatable, resolve_device
from convscope.training.machine.threads import computing_threads
from convscope.training.recipe import Settings, choose, recipe_lines, resolve_preparation
from convscope.training.report import run_report
from convscope.training.runs import run_folder, shared_run, snapshots
from convscope.training.runs.checkpoint import Checkpoints
from convscope.training.runs.interruption import asked_to_stop
from convscope.training.runs.open_set import fit_open_set_rule
from convscope.training.runs.snapshots import plain_chain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from convscope.model.file import Model
    from convscope.pictures.decoding import Progress
    from convscope.pictures.preparation import Preparation
    from convscope.pictures.sources.source import Source
    from convscope.pictures.store import Store

_SAVE_EVERY_SECONDS = 20.0
"""So much work at most is done again after a process was killed; a checkpoint takes a few milliseconds."""


def train(
    data: Data,
    settings: Settings,
    *,
    output: Path | None = None,
    threads: int | None = None,
    keep_epochs: bool = False,
    listeners: Sequence[Listener] = (),
) -> Classifier:
    """Train a classifier.

    Args:
        data: Whatever `open_source` knows.
        settings: What the person said; everything else is chosen from the pictures.
        output: A new folder for the run: the model, its figures and its log; None keeps nothing but what is
            returned.
        threads: How many compute; None leaves it to PyTorch.
        keep_epochs: Whether the network is kept after each epoch, for people to look at.
        listeners: Who is told what happens.

    Raises:
        ConvscopeError: The pictures, a setting or the folder cannot be used; the message says which and why.
        KeyboardInterrupt: A person stopped it; the run's folder holds all that is needed to go on.
    """
    settings.check()
    with joined() as group, TemporaryDirectory() if output is None else nullcontext(output) as folder:
        run = Path(folder)
        describe = partial(_origin, data, settings, threads, keep_epochs)
        if shared_run.has_ended(run, group):
            return shared_run.found(run, group, listeners, describe)
        if not group.is_first:
            return _Session(run, shared_run.told(group), (), group).go(data)
        with shared_run.taken(run, group, describe) as origin:
            shared_run.tell(group, origin)
            return _Session(run, origin, (*listeners, CsvLog(), EventLog(run / run_folder.EVENTS)), group).go(
                data
            )


def resume(run: Path, *, listeners: Sequence[Listener] = ()) -> Classifier:
    """Go on with a run that was stopped or killed, and end as if it never had been.

    Raises:
        RunError: There is nothing to go on with, another process trains there, or the pictures have changed
            since.
    """
    with joined() as group:
        if shared_run.has_ended(run, group):
            return shared_run.found(run, group, listeners)
        if not group.is_first:
            origin = shared_run.told(group)
            return _Session(run, origin, (), group).go(origin.data)
        with run_folder.taken_again(run) as before:
            if not before.data:
                raise RunError(
                    f"cannot go on with {run}",
                    why="its pictures were arrays, which are gone",
                    remedy="train anew",
                )
            origin = shared_run.gone_on_with(run, before, group)
            shared_run.tell(group, origin)
            return _Session(run, origin, (*listeners, CsvLog(), EventLog(run / run_folder.EVENTS)), group).go(
                origin.data
            )


def learn(
    store: Store,
    settings: Settings,
    indices: NDArray[np.int64] | None = None,
    *,
    listeners: Sequence[Listener] = (),
) -> Model:
    """Learn from pictures of a store: none are set aside, and nothing is written.

    Args:
        store: The pictures.
        settings: What is trained with.
        indices: Which of them, ascending; None: all.
        listeners: Who is told how far it is.

    Raises:
        ConvscopeError: A setting is impossible, or the network does not fit the pictures.
    """
    none = np.zeros(0, np.int64)
    height, width, channels = store.pictures.shape[1:]
    settled, _ = resolve_device(settings, (channels, height, width), len(store.classes))
    origin = _origin("", settled, None, keep_epochs=False)
    learned = np.arange(len(store.labels)) if indices is None else indices
    data = training_data(store, Split(learned, none, none, ()))
    training = _training(data, origin.settings, Group())
    with repeatable():
        training.run(listeners)
        training.finish()
        return _model(training, origin)


@dataclass(frozen=True, slots=True)
class _Session:
    """One process's part in a run. All learn; the first one also tells, writes and judges.

    `run` and `listeners` are the first one's business only.
    """

    run: Path
    origin: run_folder.Origin
    listeners: Sequence[Listener]
    group: Group

    def go(self, data: Data) -> Classifier:
        with computing_threads(self.origin.threads), repeatable():
            return self._go(data)

    def _go(self, data: Data) -> Classifier:
        begin = time.monotonic()
        try:
            source = open_source(data)
            preparation = resolve_preparation(survey(source), self.origin.settings)
            origin, notes = self._settled(source, preparation)
            training, checkpoints = self._prepare(source, preparation, origin.settings, notes)
        except KeyboardInterrupt:
            self._tell(Stopped(self.run, 0, 0))
            raise
        self._learn(training, checkpoints)
        model = _model(training, origin)
        if not self.group.is_first:
            return Classifier(model)
        classifier, lines = run_report.write(self.run, model, training)
        training.data.store.check_whole()
        run_folder.end(self.run)
        checkpoints.remove()
        self._tell(Finished(self.run, self.run / run_folder.MODEL, lines, time.monotonic() - begin))
        return classifier

    def _settled(self, source: Source, preparation: Preparation) -> tuple[run_folder.Origin, tuple[str, ...]]:
        """Find out what was not said: how much room prepared pictures may take, device and precision.

        Returns:
            Where the run comes from, written down, for it goes on with the same; and what people should know.
        """
        each_has_gpu = self.group.each_has_gpu()
        if not self.group.is_first:
            return shared_run.told(self.group), ()
        said = self.origin.settings
        limit = resolve_store_limit(source, preparation, said.store_limit)
        shape = preparation.channels, preparation.height, preparation.width
        classes = len({item.label for item in source.items})
        settings, notes = resolve_device(
            replace(said, store_limit=limit),
            shape,
            classes,
            processes=self.group.rank.size,
            each_has_gpu=each_has_gpu,
        )
        origin = replace(self.origin, settings=settings)
        if origin != self.origin:
            run_folder.write(self.run, origin)
        shared_run.tell(self.group, origin)
        return origin, notes

    def _prepare(
        self, source: Source, preparation: Preparation, settings: Settings, notes: Sequence[str]
    ) -> tuple[Training, Checkpoints]:
        """Bring the run to where it begins, or to its newest checkpoint."""
        training = _training(self._data(source, preparation, settings), settings, self.group)
        checkpoints = Checkpoints(self.run)
        resumed = checkpoints.restore(training) if self.group.is_first else ()
        training.begin_together()
        self._save(checkpoints, training)
        data, recipe = training.data, training.recipe
        plan = (*run_report.data_lines(data.catalogue, data.parts), *recipe_lines(data.facts(), recipe))
        self._tell(Started(self.run, plan, recipe.epochs, training.steps))
        for note in (*notes, *_notes(data), *resumed):
            self._tell(Note(note))
        return training, checkpoints

    def _data(self, source: Source, preparation: Preparation, settings: Settings) -> TrainingData:
        """Let one process a machine decode; the others list the source and find what it made."""
        is_decoder = self.group.rank.local_number == 0
        prepare = partial(_prepared_data, source, preparation, settings)
        mine = prepare(self.listeners) if is_decoder else None
        self.group.wait()
        found = mine or prepare(())
        self.group.wait()
        return found

    def _save(self, checkpoints: Checkpoints, training: Training) -> None:
        if self.group.is_first:
            checkpoints.save(training)

    def _learn(self, training: Training, checkpoints: Checkpoints) -> None:
        saved_at = time.monotonic()

        def save_now_and_then() -> None:
            nonlocal saved_at
            if not self.group.is_first:
                return
            if self.origin.snapshots and training.position.step == 0:  # an epoch has just ended
                snapshots.keep(self.run, training)
            if time.monotonic() - saved_at >= _SAVE_EVERY_SECONDS:
                checkpoints.save(training)
                saved_at = time.monotonic()

        with asked_to_stop() as wants_stop:
            reached_end = training.run(self.listeners, wants_stop, save_now_and_then)
        if not reached_end:
            self._save(checkpoints, training)
            self._tell(Stopped(self.run, training.position.epoch, training.position.epochs))
            raise KeyboardInterrupt
        training.finish()

    def _tell(self, event: Event) -> None:
        emit(event, self.listeners)


def _prepared_data(
    source: Source, preparation: Preparation, settings: Settings, listeners: Sequence[Listener]
) -> TrainingData:
    if is_streamed(source, preparation, settings.store_limit):
        stream = open_stream(source, preparation, settings, progress=_progress(listeners))
        return training_data(stream.kept, stream.kept_split, stream)
    store = build_store(source, preparation, progress=_progress(listeners), strict=settings.strict)
    return training_data(store, split(store))


def _notes(data: TrainingData) -> tuple[str, ...]:
    catalogue = data.catalogue
    streamed = (data.stream.note,) if data.stream else ()
    found = (*data.parts.notes, *run_report.broken_notes(catalogue), *summary(catalogue))
    return (*catalogue.notes, *streamed, *found)


def _training(data: TrainingData, settings: Settings, group: Group) -> Training:
    recipe = choose(data.facts(), settings)
    engine = engine_of(recipe.device, group.rank.local_number)
    return Training(data, recipe, group.on_gpus() if recipe.device == "cuda" else group, engine)


def _model(training: Training, origin: run_folder.Origin) -> Model:
    data = training.data
    model = replace(
        plain_chain(training),
        receipt=write_receipt(
            data.catalogue,
            data.parts,
            data=origin.data,
            settings=json.dumps(asdict(origin.settings)),
            seed=origin.settings.seed,
            threads=origin.threads,
            processes=origin.processes,
            device=engine_name(training.recipe.device),
        ),
        temperature=_temperature(training),
    )
    return replace(model, open_set=fit_open_set_rule(model, data))


def _temperature(training: Training) -> float:
    indices = training.data.split.validation
    if not len(indices):
        return 1.0
    return fit_temperature(training.predict(indices).numpy(), training.data.store.labels[indices])


def prepared(source: Source, settings: Settings, listeners: Sequence[Listener]) -> Store:
    """Choose a form for the pictures of a source, unless it was said, and bring them into it."""
    preparation = resolve_preparation(survey(source), settings)
    return build_store(source, preparation, progress=_progress(listeners), strict=settings.strict)


def _progress(listeners: Sequence[Listener]) -> Progress:
    return lambda done, total: emit(Preparing(done, total), listeners)


def _origin(
    data: Data,
    settings: Settings,
    threads: int | None,
    keep_epochs: bool,  # noqa: FBT001  # bound by `partial`, with all the others
    before: run_folder.Origin | None = None,
) -> run_folder.Origin:
    """Remember where the run came from, and with how many threads: a run goes on with the same.

    With `before`, an earlier record of the same, what it found out is taken from it.
    """
    if before:
        found = {
            name: getattr(before.settings, name)
            for name in ("store_limit", "device", "precision")
            if getattr(settings, name) in {None, "auto"}
        }
        settings = replace(settings, **found)
    return run_folder.Origin(
        located(data), settings, threads or min(torch.get_num_threads(), processor_count()), keep_epochs
    )
