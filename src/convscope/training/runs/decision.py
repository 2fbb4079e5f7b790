"""Decide where a run's learning starts, by a trial where neither the person nor a rule decides it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from convscope.errors import DataError
from convscope.network.efficientnet import LITE0_SHAPE
from convscope.pictures.preparation import Preparation
from convscope.pictures.sources.source import without_lone_part
from convscope.pictures.store_building import build_store
from convscope.training.data.stream import lacks_room
from convscope.training.events import Note, Preparing, emit
from convscope.training.machine.machine import Machine
from convscope.training.machine.precision import fastest_precision
from convscope.training.recipe import resolve_preparation
from convscope.training.runs import learned_run, run_folder
from convscope.training.start.choice import are_small, plan_start
from convscope.training.start.trial import GOOD_ENOUGH, sentence, time_limit, try_from_scratch

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
    if record.start and record.start != "lite0":
        return record, None
    settings = replace(record.settings, start=record.start) if record.start else record.settings
    start, learned = choose_start(
        source, settings, surveyed, run=run, processes=group.rank.size, listeners=listeners
    )
    return _recorded(run, record, start, group), learned


def choose_start(
    source: Source,
    settings: Settings,
    surveyed: Survey,
    *,
    run: Path | None = None,
    stores: Path | None = None,
    processes: int = 1,
    listeners: Sequence[Listener] = (),
) -> tuple[str, LearnedRun | None]:
    """Choose where learning starts: the one rule of the command, the estimator and the doctor.

    Args:
        source: The pictures.
        settings: What the person chose.
        surveyed: What a sample of the pictures is like.
        run: The run's folder, if there is one.
        stores: Where prepared pictures are kept; by default in the user's cache folder.
        processes: How many train together.
        listeners: Get the events.

    Returns:
        The start, and the head if it is learned features.

    Raises:
        ConvscopeError: The pictures cannot be used, or settings contradict each other.
    """
    parts = without_lone_part([item.part for item in source.items])
    labels = [item.label for item, part in zip(source.items, parts, strict=True) if part in {None, "train"}]
    streamed = lacks_room(source, Preparation(*LITE0_SHAPE), settings.store_limit)
    start = plan_start(settings, surveyed, labels, processes=processes, streamed=streamed)
    if start is not None and start != "lite0":
        return start, None
    learned = learned_run.learn(source, settings, run, listeners, stores)
    if start is None and _scratch_wins(settings, source, surveyed, learned, listeners, stores):
        return "scratch", None
    return "lite0", learned


def _scratch_wins(
    settings: Settings,
    source: Source,
    surveyed: Survey,
    learned: LearnedRun,
    listeners: Sequence[Listener],
    stores: Path | None,
) -> bool:
    """Let a network learn from scratch for a while, unless learned features are good enough anyway."""
    accuracy, small = learned.head.accuracy, are_small(surveyed)
    if accuracy is None or (accuracy.fraction >= GOOD_ENOUGH and not small):
        return False
    store = build_store(
        source,
        resolve_preparation(settings, surveyed),
        progress=lambda done, total: emit(Preparing(done, total), listeners),
        strict=settings.strict,
        folder=stores,
    )
    if len(store.labels) != len(learned.data.kept.store.labels):
        raise DataError(f"the pictures of {source.name} have changed meanwhile", remedy="try again")
    machine = Machine(precision=fastest_precision())
    indices = learned.data.kept.split.train
    seconds = time_limit(learned.seconds, small=small)
    gain = try_from_scratch(store, indices, learned.head, settings, machine, seconds)
    emit(Note(sentence(gain)), listeners)
    return gain.pays


def _recorded(run: Path, record: Record, start: str, group: Group) -> Record:
    if record.start == start:
        return record
    record = replace(record, start=start)
    if group.is_first:
        run_folder.write(run, record)
    return record
