"""A run, from pictures to a model.

source -> survey -> pretrained features and a head (`learned_run.py`), fine-tuned perhaps (`tuned_run.py`)
                 -> or a network from scratch (`scratch_run.py`)

Importing PyTorch takes longer than training a head on few pictures, so it is only imported when needed.
"""

from __future__ import annotations

import time
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from convscope.pictures.sources import Data, located, open_source
from convscope.pictures.survey import survey
from convscope.pictures.target import has_several_labels
from convscope.training.events import Stopped, emit
from convscope.training.group import Group, process_group
from convscope.training.listeners.csv_log import CsvLog
from convscope.training.listeners.event_log import EventLog
from convscope.training.machine.threads import check_not_forked, computing_threads
from convscope.training.report import figure_process
from convscope.training.run_files import EVENTS
from convscope.training.runs import shared_run
from convscope.training.runs.continued_run import continue_from
from convscope.training.runs.decision import decide
from convscope.training.runs.interruption import StopRequest, stop_requests
from convscope.training.runs.run_folder import Record
from convscope.training.settings import is_backbone
from convscope.training.start.earlier_model import (
    check_old_classes,
    check_one_class,
    earlier_model,
    has_learned_head,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from convscope.classifier import Classifier
    from convscope.model.file import Model
    from convscope.training.events import Listener
    from convscope.training.settings import Settings


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
        data: A source, as for `open_source`.
        settings: The user's settings; everything else is chosen from the pictures.
        output: A new run folder for the model, its figures and its log; None: no files are kept.
        threads: Number of compute threads; None: PyTorch's default.
        keep_epochs: Whether to keep the network of each epoch, for inspection.
        listeners: Called with each event.

    Raises:
        ConvscopeError: The pictures, a setting or the folder cannot be used; the message states the cause.
        KeyboardInterrupt: The user stopped it; it can be resumed from the run folder.
    """
    with process_group() as group, TemporaryDirectory() if output is None else nullcontext(output) as folder:
        run = Path(folder)
        given = Record(
            *(located(data), settings, threads, keep_epochs, (group.rank.size,)), is_kept=output is not None
        )
        if shared_run.has_finished(run, group):
            return shared_run.finished_classifier(run, group, listeners, given)
        with shared_run.opened(run, group, given) as record:
            return _run(run, record, data, group, listeners)


def resume(run: Path, *, listeners: Sequence[Listener] = ()) -> Classifier:
    """Resume a run that was stopped or killed; the result is the same as without interruption.

    Raises:
        RunError: There is nothing to resume, another process uses the folder, or the pictures have changed.
    """
    with process_group() as group:
        if shared_run.has_finished(run, group):
            return shared_run.finished_classifier(run, group, listeners)
        with shared_run.opened(run, group, None) as record:
            return _run(run, record, record.data, group, listeners)


def _run(run: Path, record: Record, data: Data, group: Group, listeners: Sequence[Listener]) -> Classifier:
    check_not_forked()
    with stop_requests() as stop:
        listeners = (*listeners, CsvLog(), EventLog(run / EVENTS)) if group.is_first else ()
        try:
            return _learn(run, record, data, group, listeners, stop)
        except KeyboardInterrupt:
            emit(Stopped(run, *stop.position), listeners)
            raise
        except Exception as error:  # a library may have converted KeyboardInterrupt to it
            if not stop.is_made:
                raise
            emit(Stopped(run, *stop.position), listeners)
            raise KeyboardInterrupt from error


def _learn(
    run: Path, record: Record, data: Data, group: Group, listeners: Sequence[Listener], stop: StopRequest
) -> Classifier:
    begin = time.monotonic()
    source = open_source(data, several_labels=record.settings.multi_label)
    earlier = earlier_model(record.settings)
    if earlier:
        several = has_several_labels(source.items)
        check_one_class(earlier, record.settings, several_labels=several)
        if not several:
            check_old_classes(earlier, (item.label for item in source.items))
    surveyed = survey(source)
    if not group.is_first and _learns_head(record, earlier):
        return shared_run.sent_to_all(run, group, None)
    if earlier and has_learned_head(earlier):
        record, learned = continue_from(earlier, run, record, source, listeners)
    else:
        record, learned = decide(run, record, source, surveyed, group, listeners)
    if learned is None:
        from convscope.training.runs import scratch_run  # noqa: PLC0415 - imports PyTorch

        figure_process.dismiss(run)
        return scratch_run.learn(run, record, source, surveyed, group, listeners, stop, begin)
    finished = learned
    if record.settings.minutes is not None and not earlier:
        from convscope.training.runs.tuned_run import fine_tune  # noqa: PLC0415 - imports PyTorch

        with computing_threads(record.threads) as threads:
            record = replace(record, threads=threads)
            finished = fine_tune(run, record, learned, listeners, stop)
    return shared_run.sent_to_all(run, group, finished.finish(run, record, listeners, begin))


def _learns_head(record: Record, earlier: Model | None) -> bool:
    """Whether a run is known to train only a head, which the first process does alone."""
    if earlier:
        return has_learned_head(earlier)
    return is_backbone(record.start) or is_backbone(record.settings.start)
