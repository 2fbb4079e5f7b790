"""Calibrate and score predictions of a target: one class per picture, or several labels.

Training and evaluation call these functions; the metrics are in `evaluation.py` and `label_evaluation.py`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from convscope.model.calibration import (
    fit_label_temperature,
    fit_temperature,
    label_probabilities,
    reliability,
    untempered_labels,
)
from convscope.model.evaluation import Evaluation, evaluate, evaluate_answers
from convscope.model.label_evaluation import LabelEvaluation, evaluate_labels
from convscope.model.thresholds import DEFAULT, fit_thresholds
from convscope.pictures.target import SeveralLabels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from convscope.model.file import Model
    from convscope.model.predictor import Answer
    from convscope.pictures.target import Target


class Calibrated(NamedTuple):
    """What turns logits into predictions.

    Attributes:
        temperature: Divisor of the logits.
        thresholds: The threshold of each label; None with one class per picture.
    """

    temperature: float
    thresholds: tuple[float, ...] | None


def calibrate(target: Target, logits: NDArray[np.float32], labels: NDArray[np.int64]) -> Calibrated:
    """Fit temperature and thresholds to pictures that were not trained on; without any, return the defaults.

    Args:
        target: The target to predict.
        logits: (n, classes).
        labels: (n,) label numbers of the target.
    """
    if not isinstance(target, SeveralLabels):
        return Calibrated(fit_temperature(logits, labels) if len(labels) else 1.0, None)
    if not len(labels):
        return Calibrated(1.0, (DEFAULT,) * len(target.classes))
    truth = target.indicators(labels)
    temperature = fit_label_temperature(logits, truth)
    return Calibrated(temperature, fit_thresholds(label_probabilities(logits, temperature), truth))


def score(
    probabilities: NDArray[np.float64], target: Target, labels: NDArray[np.int64], model: Model
) -> Evaluation | LabelEvaluation:
    """Evaluate a model's probabilities against the truth.

    Args:
        probabilities: (n, classes).
        target: The target to predict; its classes are the model's.
        labels: (n,) label numbers of the target.
        model: Provides class names, thresholds and temperature.

    Raises:
        DataError: There are no pictures.
    """
    if model.thresholds is None:
        return evaluate(probabilities, labels, model.classes)
    truth = target.indicators(labels)
    figures = evaluate_labels(probabilities, truth, model.classes, model.thresholds)
    before = untempered_labels(probabilities, model.temperature)
    return replace(figures, uncalibrated_error=reliability(before.ravel(), truth.ravel()).error)


def score_answers(
    answers: Sequence[Answer], target: Target, labels: NDArray[np.int64], model: Model
) -> Evaluation | LabelEvaluation:
    """Evaluate a model's answers against the truth; same arguments and errors as `score`."""
    if model.thresholds is None:
        return evaluate_answers(answers, labels, model)
    rows = np.array([answer.probabilities for answer in answers]).reshape(-1, len(model.classes))
    return score(rows, target, labels, model)
