"""Making a model again from its receipt."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from convscope.errors import ConvscopeError, ModelFileError
from convscope.model.file import load
from convscope.pictures.sources import located
from convscope.training.distributed import run_together
from convscope.training.runs import run_folder, runner

if TYPE_CHECKING:
    from collections.abc import Sequence

    from convscope.model.file import Model
    from convscope.pictures.sources import Data
    from convscope.training.events import Listener

_MOST_PROCESSES = 64
"""More are not for one machine to start."""


def repeat(model: Model, data: Data, *, listeners: Sequence[Listener] = ()) -> Model:
    """Train once more with the settings and as many threads and processes as a receipt names.

    Args:
        model: The model to make again.
        data: Its pictures.
        listeners: Who is told what happens; of several processes, the first tells it on standard error.

    Raises:
        ModelFileError: The receipt cannot be used, or the run cannot be repeated: its time was limited, so
            that it learned as much as the time allowed, never the same twice; or the number of processes
            changed on the way, at a moment that nobody wrote down.
        RunError: One of several processes failed.
        ConvscopeError: The pictures cannot be used.
    """
    try:
        origin = run_folder.from_receipt(model.receipt)
    except (ValueError, ConvscopeError) as error:  # pydantic's are ValueErrors
        raise ModelFileError(
            "the receipt of this model cannot be used", why="it is damaged or old"
        ) from error
    if why := _obstacle(origin):
        raise ModelFileError(
            "this run cannot be repeated", why=why, remedy="train anew, and compare the two models"
        )
    if origin.processes == (1,):
        return runner.train(data, origin.settings, threads=origin.threads, listeners=listeners).model
    return _repeat_together(replace(origin, data=located(data)))


def _obstacle(origin: run_folder.Origin) -> str:
    """Say why a run cannot be repeated; empty if it can."""
    if origin.settings.minutes is not None:
        return "its time was limited"
    numbers = ", then ".join(map(str, origin.processes))
    if len(origin.processes) > 1:
        return f"{numbers} processes trained, and nobody knows from when on"
    if max(origin.processes) > _MOST_PROCESSES:
        return f"it took {numbers} processes"
    return ""


def _repeat_together(origin: run_folder.Origin) -> Model:
    """Let several processes go on with a run that is written down, and has not begun."""
    with TemporaryDirectory() as folder:
        run_folder.write(Path(folder), origin)
        go_on = [sys.executable, "-m", "convscope", "train", "--resume", folder]
        run_together(go_on, origin.processes[-1], origin.threads)
        return load(Path(folder, run_folder.MODEL))
