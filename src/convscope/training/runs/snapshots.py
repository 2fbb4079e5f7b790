"""Snapshots: the network after each epoch, as a model file: RUN/epochs/0007.safetensors after the seventh.

They show how filters develop; 0000 is the untrained network. None of them is the model of the run, which is
the moving average of the weights, calibrated and evaluated. There are at most 40, evenly spread over the
epochs, in addition to the untrained and the last network.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from convscope.errors import RunError
from convscope.model.file import save
from convscope.network.blocks import WhitenedConvolution
from convscope.training.run_files import COMPUTED_FILTERS, SNAPSHOTS
from convscope.training.runs.model import plain_chain

if TYPE_CHECKING:
    from pathlib import Path

    from convscope.training.learning.loop import Training

MOST = 40


def save_snapshot(run: Path, training: Training) -> None:
    """Write a snapshot before the first epoch or after an epoch, if it is one of those to keep.

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
    model = plain_chain(training)
    if any(isinstance(block, WhitenedConvolution) for block in training.network.modules()):
        model = replace(model, receipt={COMPUTED_FILTERS: model.chain.layers[0].name})
    save(model, folder / f"{at.epoch:04}.safetensors")
