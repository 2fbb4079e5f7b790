"""The model of a training: the plain chain, calibrated, with its open-set rule and receipt."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from convscope.model import virtual_logit
from convscope.model.features import compute_features
from convscope.model.file import Model
from convscope.model.open_set import REJECTED_FRACTION
from convscope.model.scoring import Calibrated, calibrate
from convscope.model.thresholds import DEFAULT
from convscope.network.folding import fold
from convscope.pictures.target import SeveralLabels
from convscope.training.data.sampling import spread
from convscope.training.machine.engine import engine_name
from convscope.training.runs.run_receipt import receipt_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from convscope.training.data.training_data import TrainingData
    from convscope.training.learning.loop import Training
    from convscope.training.runs.run_folder import Record

_MOST_FEATURES = 4_096
"""Largest number of features: with more, the principal directions would take minutes and much memory."""
_MOST_PICTURES = 2_000


def plain_chain(training: Training) -> Model:
    """Return the current network, folded into the plain chain."""
    data, store = training.data, training.data.kept.store
    several = isinstance(store.target, SeveralLabels)
    return Model(
        chain=training.network.chain,
        classes=store.classes,
        preparation=store.preparation,
        mean=tuple(data.mean.tolist()),
        std=tuple(data.std.tolist()),
        weights=fold(training.network),
        thresholds=(DEFAULT,) * len(store.classes) if several else None,
    )


def finished_model(training: Training, record: Record) -> Model:
    """Return the plain chain with receipt, calibration and open-set rule; `training` is finished."""
    receipt = receipt_of(training.data, record, engine_name(training.recipe.device))
    model = replace(plain_chain(training), receipt=receipt, **_calibrated(training)._asdict())
    return replace(model, open_set=fit_open_set_rule(model, training.data, record.settings.rejected_fraction))


def _calibrated(training: Training) -> Calibrated:
    """Fit temperature and thresholds to the validation set."""
    indices = training.data.kept.split.validation
    logits = training.evaluator.predict(indices).numpy()
    return calibrate(training.data.target, logits, training.data.kept.store.labels[indices])


def fit_open_set_rule(
    model: Model, data: TrainingData, rejected_fraction: float | None = None
) -> virtual_logit.VirtualLogit | None:
    """Fit the open-set rule: principal directions to the training set, the threshold to the validation set.

    Returns:
        None if the validation set is too small or the output layer has too many inputs; also with several
        labels per picture, because no label is a valid prediction there.
    """
    if model.has_several_labels or model.chain.features.shape[0] > _MOST_FEATURES:
        return None
    split = data.kept.split
    train, validation = (
        features_at(model, data, spread(indices, _MOST_PICTURES))
        for indices in (split.train, split.validation)
    )
    weight, bias = (model.weights[name] / model.temperature for name in model.chain.output.parameters)
    return virtual_logit.fit(train, validation, weight, bias, rejected_fraction or REJECTED_FRACTION)


def features_at(model: Model, data: TrainingData, indices: NDArray[np.int64]) -> NDArray[np.float32]:
    """Compute the features of stored pictures, (n, features)."""
    found = compute_features(model, data.kept.store.pictures, indices)
    width = model.chain.features.shape[0]
    return np.concatenate([np.empty((0, width), np.float32), *(features for _, features in found)])
