"""From pictures to a model: the way of the data, from one end to the other.

source -> survey -> store -> split -> recipe -> loop -> folded model -> evaluation -> report
"""

from __future__ import annotations

import os
import time
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np

from convscope.errors import RunError
from convscope.model.calibration import fit_temperature
from convscope.model.file import Model
from convscope.network.folding import fold
from convscope.pictures.sources import Data, open_source
from convscope.pictures.split import Split, split
from convscope.pictures.store import Store, build_store
from convscope.pictures.survey import survey
from convscope.training import checkpoint, report
from convscope.training.csv_log import CsvLog
from convscope.training.data import training_data
from convscope.training.events import Event, Finished, Listener, Noted, Preparing, Started, Stopped
from convscope.training.interruption import asked_to_stop
from convscope.training.loop import Training
from convscope.training.precision import fastest_precision
from convscope.training.recipe import Settings, choose, choose_preparation, recipe_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from convscope.model.classifier import Classifier
    from convscope.pictures.sources.source import Source

_SAVE_EVERY_SECONDS = 20.0
"""An epoch that ends sooner after the last checkpoint writes none: some runs have many epochs a second."""


def train(
    data: Data, settings: Settings, *, output: Path | None = None, listeners: Sequence[Listener] = ()
) -> Classifier:
    """Train a classifier.

    Args:
        data: Whatever `open_source` knows.
        settings: What the person said; everything else is chosen from the pictures.
        output: A new folder for the run: the model, its figures and its log; None keeps nothing but what is
            returned.
        listeners: Who is told what happens.

    Raises:
        ConvscopeError: The pictures, a setting or the folder cannot be used; the message says which and why.
        KeyboardInterrupt: A person stopped it; the run's folder holds all that is needed to go on.
    """
    settings.check()
    if output is not None:
        _check_unused(output)  # before the work, not after it
    store = _store(open_source(data), settings, listeners)
    origin = _origin(data, store, settings)
    training = _training(store, split(store), origin.settings)
    with TemporaryDirectory() if output is None else nullcontext(output) as folder:
        _make_run(Path(folder))
        return _Session(Path(folder), training, origin, (*listeners, CsvLog())).go()


def resume(run: Path, *, listeners: Sequence[Listener] = ()) -> Classifier:
    """Go on with a run that was stopped, and end as if it never had been.

    Raises:
        RunError: There is nothing to go on with, or the pictures have changed since.
    """
    origin = checkpoint.read_origin(run)
    if not origin.data:
        raise RunError(
            f"cannot go on with {run}", why="its pictures were arrays, which are gone", remedy="train anew"
        )
    store = _store(open_source(origin.data), origin.settings, listeners)
    if store.digest != origin.data_digest:
        raise RunError(
            f"cannot go on with {run}",
            why=f"the pictures of {origin.data} have changed since",
            remedy="train anew",
        )
    training = _training(store, split(store), origin.settings)
    checkpoint.restore(run, training)
    return _Session(run, training, origin, (*listeners, CsvLog())).go()


def learn(store: Store, settings: Settings) -> Model:
    """Learn from all pictures of a store: none are set aside, nothing is written, nobody is told.

    Raises:
        ConvscopeError: A setting is impossible, or the network does not fit the pictures.
    """
    none = np.zeros(0, np.int64)
    origin = _origin("", store, settings)
    training = _training(store, Split(np.arange(len(store.labels)), none, none, ()), origin.settings)
    training.run()
    training.finish()
    return _model(training, origin)


@dataclass(frozen=True, slots=True)
class _Session:
    run: Path
    training: Training
    origin: checkpoint.Origin
    listeners: Sequence[Listener]

    def go(self) -> Classifier:
        begin = time.monotonic()
        data, recipe = self.training.data, self.training.recipe
        plan = (*report.data_lines(data.store, data.split), *recipe_lines(data.facts(), recipe))
        self._tell(Started(self.run, plan, recipe.epochs, self.training.steps))
        for note in (*data.store.notes, *data.split.notes, *report.broken_notes(data.store)):
            self._tell(Noted(note))
        self._learn()
        model = _model(self.training, self.origin)
        classifier, summary = report.write(self.run, model, self.training)
        checkpoint.remove(self.run)
        self._tell(Finished(self.run, self.run / report.MODEL, summary, time.monotonic() - begin))
        return classifier

    def _learn(self) -> None:
        training, saved_at = self.training, time.monotonic()

        def save_now_and_then() -> None:
            nonlocal saved_at
            if time.monotonic() - saved_at >= _SAVE_EVERY_SECONDS:
                checkpoint.save(self.run, self.origin, training)
                saved_at = time.monotonic()

        with asked_to_stop() as wants_stop:
            reached_end = training.run(self.listeners, wants_stop, save_now_and_then)
        if not reached_end:
            checkpoint.save(self.run, self.origin, training)
            self._tell(Stopped(self.run, training.position.epoch, training.position.epochs))
            raise KeyboardInterrupt
        training.finish()

    def _tell(self, event: Event) -> None:
        _tell(self.listeners, event)


def _training(store: Store, parts: Split, settings: Settings) -> Training:
    data = training_data(store, parts)
    return Training(data, choose(data.facts(), settings))


def _model(training: Training, origin: checkpoint.Origin) -> Model:
    data, store = training.data, training.data.store
    return Model(
        notation=training.recipe.network,
        classes=store.classes,
        preparation=store.preparation,
        mean=tuple(data.mean.tolist()),
        std=tuple(data.std.tolist()),
        weights=fold(training.network),
        receipt=report.receipt(origin),
        temperature=_temperature(training),
    )


def _temperature(training: Training) -> float:
    indices = training.data.split.validation
    if not len(indices):
        return 1.0
    return fit_temperature(training.predict(indices).numpy(), training.data.store.labels[indices])


def _store(source: Source, settings: Settings, listeners: Sequence[Listener]) -> Store:
    preparation = choose_preparation(survey(source), settings)
    return build_store(
        source,
        preparation,
        progress=lambda done, total: _tell(listeners, Preparing(done, total)),
        strict=settings.strict,
    )


def _origin(data: Data, store: Store, settings: Settings) -> checkpoint.Origin:
    """Remember where the run came from, the precision settled: it must be the same when the run goes on."""
    name = os.fspath(data) if isinstance(data, str | os.PathLike) else ""
    where = str(Path(name).absolute()) if name and Path(name).exists() else name
    measured = settings.precision in {None, "auto"}
    settled = replace(settings, precision=fastest_precision()) if measured else settings
    return checkpoint.Origin(where, store.digest, settled)


def _check_unused(run: Path) -> None:
    if run.exists() and (not run.is_dir() or any(run.iterdir())):
        raise RunError(
            f"the run's folder {run} exists already",
            why="a run never overwrites anything",
            remedy="name a new one",
        )


def _make_run(run: Path) -> None:
    try:
        run.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(f"cannot make the run's folder {run}", why=error.strerror or str(error)) from error


def _tell(listeners: Sequence[Listener], event: Event) -> None:
    for listener in listeners:
        listener(event)
