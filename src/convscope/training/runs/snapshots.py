"""What the network is after each epoch, as a model file: RUN/epochs/0007.safetensors after the seventh.

They show how filters come about. None of them is the model of the run: that is the mean of the latest
weights, calibrated and judged. There are at most 40, evenly spread over the epochs, and the last one.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from convscope.errors import RunError
from convscope.model.file import Model, save
from convscope.network.folding import fold
from convscope.training.runs.run_folder import SNAPSHOTS

if TYPE_CHECKING:
    from pathlib import Path

    from convscope.training.learning.loop import Training

MOST = 40


def plain_chain(training: Training) -> Model:
    """The network as it is now, with what it needs to be used."""
    data, store = training.data, training.data.store
    return Model(
        chain=training.network.chain,
        classes=store.classes,
        preparation=store.preparation,
        mean=tuple(data.mean.tolist()),
        std=tuple(data.std.tolist()),
        weights=fold(training.network),
    )


def keep(run: Path, training: Training) -> None:
    """Write a snapshot after a whole epoch, if it is one of those that are kept.

    Raises:
        ConvscopeError: It cannot be written.
    """
    at = training.position
    if at.epoch % math.ceil(at.epochs / MOST) and at.epoch != at.epochs:
        return
    folder = run / SNAPSHOTS
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise RunError(f"cannot make {folder}", why=error.strerror or str(error)) from error
    save(plain_chain(training), folder / f"{at.epoch:04}.safetensors")
