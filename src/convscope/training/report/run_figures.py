"""The figures of a finished run, as files in its run folder.

Confusion matrix and worst mistakes need one class per picture; several labels are not confused with each
other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from convscope.errors import ConvscopeError
from convscope.model.calibration import reliability, untempered, untempered_labels
from convscope.training.listeners.csv_log import read_epochs
from convscope.training.report import figures
from convscope.training.run_files import EPOCHS, FIGURES

if TYPE_CHECKING:
    from pathlib import Path

    from convscope.training.report.judged import Judged


def write_figures(run: Path, judged: Judged) -> None:
    """Draw the figures of a run.

    Args:
        run: The run folder.
        judged: Predictions and truth.

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
    if judged.truth.ndim == 1:
        _of_classes(folder, judged)
    else:
        _of_labels(folder, judged)


def _of_labels(folder: Path, judged: Judged) -> None:
    probabilities, temperature = judged.probabilities, float(judged.temperature)
    before, after = (
        reliability(shares.ravel(), judged.truth.ravel())
        for shares in (untempered_labels(probabilities, temperature), probabilities)
    )
    figures.write(figures.reliability_curves(before, after), folder / "reliability.png")


def _of_classes(folder: Path, judged: Judged) -> None:
    probabilities, temperature = judged.probabilities, float(judged.temperature)
    classes, predicted = judged.classes.tolist(), judged.probabilities.argmax(axis=1)
    before, after = (
        reliability(shares.max(axis=1), predicted == judged.truth)
        for shares in (untempered(probabilities, temperature), probabilities)
    )
    figures.write(figures.reliability_curves(before, after), folder / "reliability.png")
    figures.write(figures.confusion_matrix(judged.confusion, classes), folder / "confusion_matrix.png")
    wrong = judged.mistakes
    mistakes = figures.worst_mistakes(
        judged.pictures,
        judged.truth[wrong],
        predicted[wrong],
        probabilities[wrong, predicted[wrong]],
        classes,
    )
    figures.write(mistakes, folder / "worst_mistakes.png")
