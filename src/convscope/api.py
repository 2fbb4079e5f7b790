"""Training from Python: `train` and `resume`."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from convscope.common.ranks import rank
from convscope.errors import SettingError
from convscope.training.keyword_settings import SettingsArguments, with_settings
from convscope.training.listeners.terminal import Terminal
from convscope.training.runs import runner
from convscope.training.settings import Settings

if TYPE_CHECKING:
    import os
    from collections.abc import Generator, Sequence

    from convscope.classifier import Classifier
    from convscope.pictures.sources import Data
    from convscope.training.events import Listener


@with_settings(SettingsArguments)
def train(
    data: Data = "digits",
    *,
    output: str | os.PathLike[str] | None = None,
    progress: bool = True,
    listeners: Sequence[Listener] = (),
    **settings: Unpack[SettingsArguments],
) -> Classifier:
    """Train a classifier from labelled pictures.

    Args:
        data: A folder of class folders, an archive of one, a manifest, idx files, `digits`, `shapes`, or
            a pair (pictures, labels) of arrays: pictures uint8 (N, height, width) or
            (N, height, width, channels).
        output: A new folder for the model, its figures and its log; None writes nothing.
        progress: Whether to show progress and results as the command does.
        listeners: Callables that receive the training's events (`convscope.training.events`).
        **settings: See `convscope.training.settings.Settings`; defaults are chosen from the pictures.

    Returns:
        The classifier, ready to predict.

    Raises:
        SettingError: A setting is unknown or invalid; the message lists the valid values.
        ConvscopeError: The pictures or the folder cannot be used; the message states the cause.

    Example:
        >>> import numpy as np
        >>> dark, light = np.zeros((20, 8, 8), np.uint8), np.full((20, 8, 8), 255, np.uint8)
        >>> dark[:, 0, 0] = light[:, 0, 0] = np.arange(20)  # no two pictures are the same
        >>> pictures, labels = np.concatenate([dark, light]), ["dark"] * 20 + ["light"] * 20
        >>> classifier = train((pictures, labels), progress=False, network="4C3-MP2", epochs=5)
        >>> classifier.predict(np.full((8, 8), 250, np.uint8)).label
        'light'
    """
    known = SettingsArguments.__annotations__
    for name in settings:
        if name not in known:
            raise SettingError(f"there is no setting {name!r}", remedy=f"choose from {', '.join(known)}")
    folder = None if output is None else Path(output)
    chosen = Settings(**settings)  # pyright: ignore[reportArgumentType]  # which makes a pair of one side
    task = f"reading {data}" if isinstance(data, str | Path) else "reading pictures"
    with _shown(listeners, task, progress=progress, keeps_run=folder is not None) as listening:
        return runner.train(data, chosen, output=folder, listeners=listening)


def resume(
    run: str | os.PathLike[str], *, progress: bool = True, listeners: Sequence[Listener] = ()
) -> Classifier:
    """Resume a run that was stopped or killed; the result is the same as without interruption.

    Args:
        run: The folder that `train` wrote into.
        progress: Whether to show progress and results as the command does.
        listeners: Callables that receive the training's events.

    Raises:
        RunError: There is nothing to resume, another process uses the folder, or the pictures have changed.
    """
    with _shown(listeners, f"reading {run}", progress=progress, keeps_run=True) as listening:
        return runner.resume(Path(run), listeners=listening)


@contextmanager
def _shown(
    listeners: Sequence[Listener], task: str, *, progress: bool, keeps_run: bool
) -> Generator[Sequence[Listener]]:
    """Yield the listeners and, if `progress` and this is the first process, one that displays it."""
    if not progress or rank().number:
        yield listeners
        return
    with Terminal(sys.stdout, task=task, keeps_run=keeps_run) as terminal:
        terminal.print_task()
        yield (*listeners, terminal)
