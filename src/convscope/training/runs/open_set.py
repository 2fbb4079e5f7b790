"""Teaches a model which pictures it does not know, from those that it was trained on and watched with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from convscope.model import open_set
from convscope.model.features import compute_features
from convscope.training.data.training_data import spread

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from convscope.model.file import Model
    from convscope.training.data.training_data import TrainingData

_MOST_INPUTS = 4_096
"""Of the output layer: with more, the main directions would take minutes and more bytes than the network."""
_MOST_PICTURES = 2_000


def fit_open_set_rule(model: Model, data: TrainingData) -> open_set.OpenSetRule | None:
    """Find the main directions of training pictures, and the threshold on validation pictures.

    Returns:
        None where there are too few validation pictures, or too many inputs of the output layer.
    """
    chain = model.chain
    if chain.features.shape[0] > _MOST_INPUTS:
        return None
    train, validation = (_features(model, data, part) for part in (data.split.train, data.split.validation))
    weight, bias = (model.weights[name] / model.temperature for name in chain.output.parameters)
    return open_set.fit(train, validation, weight, bias)


def _features(model: Model, data: TrainingData, part: NDArray[np.int64]) -> NDArray[np.float32]:
    found = compute_features(model, data.store.pictures, spread(part, _MOST_PICTURES))
    inputs = model.chain.features.shape[0]
    return np.concatenate([np.empty((0, inputs), np.float32), *(features for _, features in found)])
