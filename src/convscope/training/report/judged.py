"""The data that the figures of a run are drawn from, as a few arrays."""

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
    """The answers of a model, and what is true.

    Attributes:
        classes: (classes,) their names.
        truth: (n,) int64 the class of each picture, or with several labels (n, classes) bool.
        probabilities: (n, classes) float64.
        temperature: () the model's, float64.
        confusion: (classes, classes) int64 counts; with several labels (0, 0).
        mistakes: (k,) int64 the surest of the wrong answers, the surest first.
        pictures: (k, height, width, channels) uint8 of these.
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
    """Gather what figures are drawn from.

    Args:
        store: The pictures.
        indices: (n,) of those that the model was evaluated on.
        probabilities: (n, classes) of these.
        model: The model.
        evaluation: Its figures.
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
