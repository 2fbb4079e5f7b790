"""Decide where a run's learning starts, by a trial where neither the person nor a rule decides it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from convscope.errors import StoreError
from convscope.network.efficientnet import LITE0_SHAPE
from convscope.pictures.preparation import Preparation
from convscope.pictures.sources.source import without_lone_part
from convscope.training.data.stream import is_streamed, resolve_store_limit
from convscope.training.data.training_data import prepare_data
from convscope.training.events import Note, Preparing, emit
from convscope.training.machine.machine import Machine
from convscope.training.machine.precision import fastest_precision
from convscope.training.recipe import resolve_preparation
from convscope.training.runs import learned_run, run_folder
from convscope.training.start.choice import plan_start
from convscope.training.start.trial import GOOD_ENOUGH, try_from_scratch

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from convscope.pictures.sources.source import Source
    from convscope.pictures.survey import Survey
    from convscope.training.distributed import Group
    from convscope.training.events import Listener
    from convscope.training.runs.learned_run import LearnedRun
    from convscope.training.runs.run_folder import Record
    from convscope.training.settings import Settings


def decide(
    run: Path,
    record: Record,
    source: Source,
    surveyed: Survey,
    group: Group,
    listeners: Sequence[Listener],
) -> tuple[Record, LearnedRun | None]:
    """Decide where learning starts; a resumed run keeps to what was decided.

    Args:
        run: The run's folder, in which the decision is recorded.
        record: The run's record.
        source: The pictures.
        surveyed: What a sample of them is like.
        group: The processes.
        listeners: Get the events.

    Returns:
        The record with the decision, and the head if learning starts from learned features.

    Raises:
        ConvscopeError: The pictures cannot be used, or settings contradict each other.
    """
    start = record.start or _planned(record.settings, source, surveyed, group)
    if start is not None and start != "lite0":
        return _recorded(run, record, start, group), None
    learned = learned_run.learn(source, record.settings, run, listeners)
    if start is None and _scratch_wins(record.settings, source, surveyed, learned, listeners):
        return _recorded(run, record, "scratch", group), None
    return _recorded(run, record, "lite0", group), learned


def _planned(settings: Settings, source: Source, surveyed: Survey, group: Group) -> str | None:
    parts = without_lone_part([item.part for item in source.items])
    labels = [item.label for item, part in zip(source.items, parts, strict=True) if part in {None, "train"}]
    streamed = _is_streamed(source, settings.store_limit)
    return plan_start(settings, surveyed, labels, processes=group.rank.size, streamed=streamed)


def _is_streamed(source: Source, store_limit: float | None) -> bool:
    """Whether there is no room for the pictures as a backbone needs them."""
    preparation = Preparation(*LITE0_SHAPE)
    try:
        limit = resolve_store_limit(source, preparation, store_limit)
    except StoreError:
        return True
    return limit is not None and is_streamed(source, preparation, limit)


def _scratch_wins(
    settings: Settings,
    source: Source,
    surveyed: Survey,
    learned: LearnedRun,
    listeners: Sequence[Listener],
) -> bool:
    """Let a network learn from scratch for as long, unless learned features are good enough anyway."""
    accuracy = learned.head.accuracy
    if accuracy is None or accuracy.fraction >= GOOD_ENOUGH:
        return False
    data = prepare_data(
        source,
        resolve_preparation(settings, surveyed),
        settings,
        None,
        progress=lambda done, total: emit(Preparing(done, total), listeners),
    )
    machine = Machine(precision=fastest_precision())
    trial = try_from_scratch(data, settings, machine, learned.seconds, accuracy.fraction)
    emit(Note(trial.sentence), listeners)
    return trial.scratch_wins


def _recorded(run: Path, record: Record, start: str, group: Group) -> Record:
    if record.start == start:
        return record
    record = replace(record, start=start)
    if group.is_first:
        run_folder.write(run, record)
    return record
