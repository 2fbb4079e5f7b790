"""A run that starts from an earlier model with pretrained features and trains its head further."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from convscope.training.data.stream import lacks_room
from convscope.training.events import Note, emit
from convscope.training.runs import learned_run, run_folder
from convscope.training.start.earlier_head import check_settings
from convscope.training.start.earlier_model import receipt_of_start

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from convscope.model.file import Model
    from convscope.pictures.sources.source import Source
    from convscope.training.events import Listener
    from convscope.training.runs.learned_run import LearnedRun
    from convscope.training.runs.run_folder import Record

_NOT_TUNED = "no fine-tuning: the features that the earlier model stores for rehearsal would no longer match"


def continue_from(
    model: Model, run: Path, record: Record, source: Source, listeners: Sequence[Listener]
) -> tuple[Record, LearnedRun]:
    """Train the head of an earlier model further.

    Args:
        model: The model, which must have a head on pretrained features.
        run: The run folder, which records the start.
        record: The run's record.
        source: The pictures.
        listeners: Called with each event.

    Raises:
        ConvscopeError: The pictures cannot be used, or a setting is incompatible with such a start.
    """
    settings = record.settings
    fits = not lacks_room(source, model.preparation, settings.store_limit)
    check_settings(settings, fits=fits)
    known = replace(
        record,
        start=settings.start,
        start_receipt=record.start_receipt or receipt_of_start(settings, model),
    )
    if known != record:
        run_folder.write(run, known)
    learned = learned_run.learn(source, settings, run, listeners, earlier=model)
    if settings.minutes is not None:
        emit(Note(_NOT_TUNED), listeners)
    return known, learned
