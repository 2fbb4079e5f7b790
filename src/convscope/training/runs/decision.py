"""Choose the start of a run: pretrained features or from scratch, by a setting, a rule or a trial.

For small pictures, unless they are few, training from scratch is tried first: it takes less time than
computing the features of a backbone. Otherwise, pretrained features are tried first.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from convscope.network.backbones import INSTALLED, design
from convscope.pictures.preparation import Preparation
from convscope.pictures.sources.source import without_lone_part
from convscope.pictures.split import split_for_cross_validation
from convscope.pictures.target import has_several_labels
from convscope.training.data.stream import lacks_room
from convscope.training.data.training_data import prepared_store, training_data
from convscope.training.events import Note, emit, preparing
from convscope.training.machine.compilation import compile_meanwhile
from convscope.training.machine.machine import Machine
from convscope.training.machine.threads import computing_threads
from convscope.training.recipe import resolve_preparation
from convscope.training.runs import learned_run, run_folder
from convscope.training.runs.feature_sample import SAMPLE_SIZE, gain_on_sample
from convscope.training.settings import backbone_name, is_backbone
from convscope.training.start.choice import are_small, plan_start
from convscope.training.start.colour_baseline import (
    baseline_is_far_worse,
    baseline_is_right,
    no_trial_sentence,
)
from convscope.training.start.gain import Gain
from convscope.training.start.trial import FEWEST_FOR_ONE, GOOD_ENOUGH, LONGEST, sentence, try_from_scratch

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from convscope.pictures.sources.source import Source
    from convscope.pictures.survey import Survey
    from convscope.training.data.training_data import TrainingData
    from convscope.training.events import Listener
    from convscope.training.group import Group
    from convscope.training.runs.learned_run import LearnedRun
    from convscope.training.runs.run_folder import Record
    from convscope.training.settings import Settings
    from convscope.training.start.trial import Trial


def decide(
    run: Path,
    record: Record,
    source: Source,
    surveyed: Survey,
    group: Group,
    listeners: Sequence[Listener],
) -> tuple[Record, LearnedRun | None]:
    """Decide where training starts; a resumed run keeps the decision.

    Args:
        run: The run folder, which records the decision.
        record: The run's record.
        source: The pictures.
        surveyed: The survey of a sample of the pictures.
        group: The processes.
        listeners: Called with each event.

    Returns:
        The record with the decision, and the head if training starts from pretrained features.

    Raises:
        ConvscopeError: The pictures cannot be used, or settings contradict each other.
    """
    if record.start and not is_backbone(record.start):
        return record, None
    settings = replace(record.settings, start=record.start) if record.start else record.settings
    start, learned = choose_start(
        source,
        settings,
        surveyed,
        run=run,
        processes=group.rank.size,
        threads=record.threads,
        listeners=listeners,
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
    threads: int | None = None,
    listeners: Sequence[Listener] = (),
) -> tuple[str, LearnedRun | None]:
    """Choose where training starts: the same rule for the command, the estimator and the doctor.

    Args:
        source: The pictures.
        settings: The user's settings.
        surveyed: The survey of a sample of the pictures.
        run: The run folder, if any.
        stores: Where prepared pictures are stored; by default the user's cache folder.
        processes: Number of processes that train together.
        threads: Number of compute threads in a trial; None: PyTorch's default.
        listeners: Called with each event.

    Returns:
        The start, and the head if the start is pretrained features.

    Raises:
        ConvscopeError: The pictures cannot be used, or settings contradict each other.
    """
    parts = without_lone_part([item.part for item in source.items])
    labels = [item.label for item, part in zip(source.items, parts, strict=True) if part in {None, "train"}]
    streamed = lacks_room(source, Preparation(*design(backbone_name(settings)).shape), settings.store_limit)
    start = plan_start(
        settings,
        surveyed,
        labels,
        processes=processes,
        streamed=streamed,
        several_labels=has_several_labels(source.items),
    )
    if start is None:
        ways = _Ways(source, settings, surveyed, run, stores, threads, listeners)
        is_quick = are_small(surveyed) and len(labels) >= FEWEST_FOR_ONE
        return _scratch_first(ways) if is_quick else _features_first(ways)
    if not is_backbone(start):
        return start, None
    return start, learned_run.learn(source, settings, run, listeners, stores)


class _Ways(NamedTuple):
    """The two alternatives for some pictures; attributes are the arguments of `choose_start`."""

    source: Source
    settings: Settings
    surveyed: Survey
    run: Path | None
    stores: Path | None
    threads: int | None
    listeners: Sequence[Listener]

    def learn_head(self) -> LearnedRun:
        """Compute features and fit a head to them."""
        return learned_run.learn(self.source, self.settings, self.run, self.listeners, self.stores)

    def prepared(self) -> TrainingData:
        """Prepare the pictures for training from scratch, split as for pretrained features."""
        compile_meanwhile()
        store = prepared_store(
            self.source,
            resolve_preparation(self.settings, self.surveyed),
            self.settings,
            progress=preparing(self.listeners),
            folder=self.stores,
        )
        return training_data(store, split_for_cross_validation(store, self.settings.group_pattern))

    def try_from_scratch(
        self, data: TrainingData, seconds: float, is_enough: Callable[[Trial], bool]
    ) -> Trial:
        """Train networks from scratch for a short time; see the function of the same name."""
        from convscope.training.machine.precision import fastest_precision  # noqa: PLC0415 - imports PyTorch

        with computing_threads(self.threads):
            machine = Machine(precision=fastest_precision())
            return try_from_scratch(data, self.settings, machine, seconds, is_enough, self.listeners)

    def sampled(self, trial: Trial, data: TrainingData) -> Gain:
        """Return the gain of a trial over pretrained features, on a sample."""
        return gain_on_sample(trial, data, self.source, self.settings, self.listeners, self.stores)

    def colours_are_far_worse(self, learned: LearnedRun) -> bool:
        """Whether the colour baseline makes a trial unnecessary; if so, emit a note."""
        kept, head = learned.data.kept, learned.head_of_classes
        by_colours = baseline_is_right(kept.store, kept.split.train, head, self.settings.seed)
        gain = Gain(head.is_recognised, by_colours)
        if not baseline_is_far_worse(gain, head.labels):
            return False
        emit(Note(no_trial_sentence(gain)), self.listeners)
        return True

    def scratch_wins(self, gain: Gain) -> bool:
        """Whether a trial from scratch is better than pretrained features; emit a note.

        Small networks have not converged when their trial ends, so they need no margin of a standard error.
        """
        emit(Note(sentence(gain)), self.listeners)
        return gain.difference > 0 if are_small(self.surveyed) else gain.pays


def _scratch_first(ways: _Ways) -> tuple[str, LearnedRun | None]:
    """Try a network from scratch on small pictures, and pretrained features if it is not accurate enough."""
    data = ways.prepared()
    trial = ways.try_from_scratch(data, LONGEST, lambda trial: trial.has_many)
    if trial.is_good_enough:
        emit(Note(trial.sentence), ways.listeners)
        return "scratch", None
    if len(data.kept.split.train) > 2 * SAMPLE_SIZE:
        wins = ways.scratch_wins(ways.sampled(trial, data))
        return ("scratch", None) if wins else (INSTALLED, ways.learn_head())
    learned = ways.learn_head()
    head = learned.head_of_classes
    if head.accuracy is None:
        return INSTALLED, learned
    return ("scratch", None) if ways.scratch_wins(trial.gain_over(head)) else (INSTALLED, learned)


def _features_first(ways: _Ways) -> tuple[str, LearnedRun | None]:
    """Try pretrained features, and a network from scratch if they are not accurate enough."""
    learned = ways.learn_head()
    head = learned.head_of_classes
    if head.accuracy is None or head.accuracy.fraction >= GOOD_ENOUGH:
        return INSTALLED, learned
    small = are_small(ways.surveyed)
    if not small and len(head.labels) < FEWEST_FOR_ONE and ways.colours_are_far_worse(learned):
        return INSTALLED, learned
    trial = ways.try_from_scratch(
        ways.prepared(),
        LONGEST if small else min(learned.seconds, LONGEST),
        lambda trial: trial.has_many or trial.gain_over(head).is_clear,
    )
    return ("scratch", None) if ways.scratch_wins(trial.gain_over(head)) else (INSTALLED, learned)


def _recorded(run: Path, record: Record, start: str, group: Group) -> Record:
    if record.start == start:
        return record
    record = replace(record, start=start)
    if group.is_first:
        run_folder.write(run, record)
    return record
