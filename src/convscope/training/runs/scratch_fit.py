"""Train a network on the pictures of a store, in this process, without writing files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from convscope.training.learning.loop import Training
from convscope.training.machine.engine import deterministic
from convscope.training.machine.trial import resolve_device
from convscope.training.recipe import LARGEST_BATCH_SIZE, chain_of, resolve
from convscope.training.runs.model import finished_model
from convscope.training.runs.run_folder import Record
from convscope.training.start.earlier_model import as_for, weights_for

if TYPE_CHECKING:
    from collections.abc import Sequence

    from convscope.model.file import Model
    from convscope.training.data.training_data import TrainingData
    from convscope.training.events import Listener
    from convscope.training.settings import Settings


def fit_network(
    data: TrainingData, settings: Settings, earlier: Model | None, listeners: Sequence[Listener]
) -> Model:
    """Train a network from scratch, or from the weights of an earlier model; same arguments as `fit`."""
    chain = chain_of(settings, data.shape, len(data.classes), data.target.last_step)
    machine, _ = resolve_device(settings, chain, settings.batch_size or LARGEST_BATCH_SIZE)
    initial = None
    if earlier:
        data, initial = as_for(earlier, data), weights_for(earlier, data.classes)
    training = Training(data, resolve(settings, data.statistics, machine), initial=initial)
    with deterministic():
        training.run(listeners)
        training.finish()
        return finished_model(training, Record("", settings, torch.get_num_threads(), machine=machine))
