"""The data for the figures of a run, as a few arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from convscope.model.label_evaluation import LabelEvaluation

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from convscope.model.evaluation import Evaluation
    from convscope.model.file import Model
    from convscope.pictures.store import Store

MOST_MISTAKES = 24


class Judged(NamedTuple):
    """The predictions of a model, and the truth.

    Attributes:
        classes: (classes,) the class names.
        truth: (n,) int64 the class of each picture, or with several labels (n, classes) bool.
        probabilities: (n, classes) float64.
        temperature: () float64, the model's temperature.
        confusion: (classes, classes) int64 counts; with several labels (0, 0).
        mistakes: (k,) int64 the most confident wrong predictions, the most confident first.
        pictures: (k, height, width, channels) uint8, their pictures.
    """

    classes: NDArray[np.str_]
    truth: NDArray[Any]
    probabilities: NDArray[np.float64]
    temperature: NDArray[np.float64]
    confusion: NDArray[np.int64]
    mistakes: NDArray[np.int64]
    pictures: NDArray[np.uint8]


def judge(
    store: Store,
    indices: NDArray[np.int64],
    probabilities: NDArray[np.float64],
    model: Model,
    evaluation: Evaluation | LabelEvaluation,
) -> Judged:
    """Collect the data for the figures.

    Args:
        store: The pictures.
        indices: (n,) indices of the evaluated pictures.
        probabilities: (n, classes) of these pictures.
        model: The model.
        evaluation: The model's evaluation.
    """
    classes, temperature = np.array(store.classes, np.str_), np.array(model.temperature)
    if isinstance(evaluation, LabelEvaluation):
        truth = store.target.indicators(store.labels[indices])
        none = np.zeros(0, np.int64)
        counts = np.zeros((0, 0), np.int64)
        return Judged(classes, truth, probabilities, temperature, counts, none, store.pictures[none])
    truth, predicted = store.labels[indices], probabilities.argmax(axis=1)
    wrong = np.flatnonzero(predicted != truth)
    order = np.argsort(-probabilities[wrong, predicted[wrong]], kind="stable")
    surest = wrong[order][:MOST_MISTAKES]
    counts = np.array(evaluation.confusion, np.int64)
    pictures = store.pictures[indices[surest]]
    return Judged(classes, truth, probabilities, temperature, counts, surest, pictures)
