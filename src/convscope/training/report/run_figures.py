"""The figures of a finished run, as files in its folder.

Confusion matrix and worst mistakes are of one class for each picture; with several labels, no label is taken
for another one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from convscope.errors import ConvscopeError
from convscope.model.calibration import reliability, untempered, untempered_labels
from convscope.model.label_evaluation import LabelEvaluation
from convscope.training.listeners.csv_log import read_epochs
from convscope.training.report import figures
from convscope.training.run_files import EPOCHS, FIGURES

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from convscope.model.evaluation import Evaluation
    from convscope.model.file import Model
    from convscope.pictures.store import Store


def write_figures(
    run: Path,
    store: Store,
    indices: NDArray[np.int64],
    probabilities: NDArray[np.float64],
    model: Model,
    evaluation: Evaluation | LabelEvaluation,
) -> None:
    """Draw the figures of a run.

    Args:
        run: Its folder.
        store: The pictures.
        indices: (n,) of those that it was evaluated on.
        probabilities: (n, classes) of these.
        model: The model.
        evaluation: Its figures.

    Raises:
        ConvscopeError: They cannot be written.
    """
    folder = run / FIGURES
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise ConvscopeError(f"cannot make {folder}", why=error.strerror or str(error)) from error
    if epochs := read_epochs(run / EPOCHS):
        figures.write(figures.learning_curves(epochs), folder / "learning_curves.png")
    if isinstance(evaluation, LabelEvaluation):
        truth = store.target.indicators(store.labels[indices])
        _of_labels(folder, probabilities, truth, model.temperature)
    else:
        _of_classes(folder, store, indices, probabilities, model.temperature, evaluation)


def _of_labels(
    folder: Path, probabilities: NDArray[np.float64], truth: NDArray[np.bool_], temperature: float
) -> None:
    before, after = (
        reliability(shares.ravel(), truth.ravel())
        for shares in (untempered_labels(probabilities, temperature), probabilities)
    )
    figures.write(figures.reliability_curves(before, after), folder / "reliability.png")


def _of_classes(
    folder: Path,
    store: Store,
    indices: NDArray[np.int64],
    probabilities: NDArray[np.float64],
    temperature: float,
    evaluation: Evaluation,
) -> None:
    predicted = probabilities.argmax(axis=1)
    right = predicted == store.labels[indices]
    wrong = np.flatnonzero(~right)
    surest = wrong[np.argsort(-probabilities[wrong, predicted[wrong]], kind="stable")][
        : figures.MOST_MISTAKES
    ]
    before, after = (
        reliability(shares.max(axis=1), right)
        for shares in (untempered(probabilities, temperature), probabilities)
    )
    figures.write(figures.reliability_curves(before, after), folder / "reliability.png")
    figures.write(
        figures.confusion_matrix(evaluation.confusion, store.classes), folder / "confusion_matrix.png"
    )
    mistakes = figures.worst_mistakes(
        store.pictures[indices[surest]],
        store.labels[indices[surest]],
        predicted[surest],
        probabilities[surest, predicted[surest]],
        store.classes,
    )
    figures.write(mistakes, folder / "worst_mistakes.png")
