"""convscope from Python, in a few verbs."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from convscope.errors import SettingError
from convscope.training.recipe import Settings
from convscope.training.runs import runner

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from convscope.classifier import Classifier
    from convscope.training.events import Listener


def train(
    data: runner.Data = "digits",
    *,
    output: str | os.PathLike[str] | None = None,
    listeners: Sequence[Listener] = (),
    **settings: Any,  # noqa: ANN401  # the fields of Settings, each with its own type
) -> Classifier:
    """Train a classifier from labelled pictures.

    Args:
        data: A folder of class folders, an archive of one, a manifest, idx files, `digits`, or a pair
            (pictures, labels) of arrays: pictures uint8 (N, height, width) or (N, height, width, channels).
        output: A new folder for the model, its figures and its log; None keeps only what is returned.
        listeners: Callables that are told what happens (`convscope.training.events`).
        **settings: Fields of `convscope.training.recipe.Settings`; what is not given is chosen from the
            pictures.

    Returns:
        The classifier, ready to predict.

    Raises:
        SettingError: There is no such setting, or its value is impossible.
        ConvscopeError: The pictures or the folder cannot be used; the message says which and why.

    Example:
        >>> import numpy as np
        >>> dark, light = np.zeros((20, 8, 8), np.uint8), np.full((20, 8, 8), 255, np.uint8)
        >>> dark[:, 0, 0] = light[:, 0, 0] = np.arange(20)  # no two pictures alike
        >>> pictures, labels = np.concatenate([dark, light]), ["dark"] * 20 + ["light"] * 20
        >>> classifier = train((pictures, labels), network="4C3-MP2", epochs=5)
        >>> classifier.predict(np.full((8, 8), 250, np.uint8)).label
        'light'
    """
    known = [field.name for field in fields(Settings)]
    for name in settings:
        if name not in known:
            raise SettingError(f"there is no setting {name!r}", remedy=f"choose from {', '.join(known)}")
    folder = None if output is None else Path(output)
    return runner.train(data, Settings(**settings), output=folder, listeners=listeners)


def resume(run: str | os.PathLike[str], *, listeners: Sequence[Listener] = ()) -> Classifier:
    """Go on with a run that was stopped or killed, and end as if it never had been.

    Args:
        run: The folder that `train` wrote into.
        listeners: Callables that are told what happens.

    Raises:
        RunError: There is nothing to go on with, another process trains there, or the pictures have changed
            since.
    """
    return runner.resume(Path(run), listeners=listeners)
