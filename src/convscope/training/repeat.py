"""Repeat a run from the receipt of its model."""

from __future__ import annotations

import sys
from dataclasses import asdict, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from convscope.common.processors import processor_count
from convscope.errors import ConvscopeError, ModelFileError
from convscope.model.file import load
from convscope.pictures.sources import located
from convscope.training.distributed import run_together
from convscope.training.run_files import MODEL
from convscope.training.runs import run_folder, runner

if TYPE_CHECKING:
    from collections.abc import Sequence

    from convscope.model.file import Model
    from convscope.pictures.sources import Data
    from convscope.training.events import Listener
    from convscope.training.runs.run_folder import Record
    from convscope.training.settings import Settings

_MOST_PROCESSES = 64
"""Largest number of processes, on one machine."""


def repeat(model: Model, data: Data, *, listeners: Sequence[Listener] = ()) -> Model:
    """Train again with the settings, threads and processes of a receipt.

    Args:
        model: The model to train again.
        data: Its pictures.
        listeners: Called with each event of a run of one process; several processes print them to standard
            error.

    Raises:
        ModelFileError: The receipt cannot be used, or the run cannot be repeated: it had a time limit, so
            that the number of steps depended on the machine's speed, or its number of processes changed at
            an unrecorded step.
        RunError: One of several processes failed.
        ConvscopeError: The pictures cannot be used.
    """
    try:
        record = run_folder.from_receipt(model.receipt)
    except (ValueError, ConvscopeError) as error:  # pydantic's errors are ValueErrors
        raise ModelFileError(
            "the receipt of this model cannot be used", why="it is damaged or old"
        ) from error
    if why := _obstacle(record):
        raise ModelFileError(
            "this run cannot be repeated", why=why, remedy="train anew, and compare the two models"
        )
    if record.processes == (1,):
        return runner.train(data, _settings(record), threads=record.threads, listeners=listeners).model
    return _repeat_together(replace(record, data=located(data), is_kept=False))


def _settings(record: Record) -> Settings:
    """Return the settings, completed with what was decided and measured."""
    settings = replace(record.settings, start=record.start)
    return replace(settings, **asdict(record.machine)) if record.machine else settings


def _obstacle(record: Record) -> str:
    """Return why a run cannot be repeated; empty if it can."""
    if record.settings.minutes is not None:
        return "it had a time limit"
    numbers = ", then ".join(map(str, record.processes))
    if len(record.processes) > 1:
        return f"{numbers} processes trained it, and at which step they changed is not recorded"
    if max(record.processes) > _MOST_PROCESSES:
        return f"it needs {numbers} processes"
    return ""


def _repeat_together(record: Record) -> Model:
    """Let several processes resume a run for which only the record exists."""
    with TemporaryDirectory() as folder:
        run_folder.write(Path(folder), record)
        command = [sys.executable, "-m", "convscope", "train", "--resume", folder]
        run_together(command, record.processes[-1], record.threads or processor_count())
        return load(Path(folder, MODEL))
