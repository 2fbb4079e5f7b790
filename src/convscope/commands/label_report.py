"""The report of `convscope evaluate` on a model with several labels per picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convscope.commands.tables import print_lines, stdout_console, table
from convscope.common.percent import percent

if TYPE_CHECKING:
    from convscope.model.label_evaluation import LabelEvaluation


def print_label_report(figures: LabelEvaluation) -> None:
    """Print the overall metrics, then those of each label."""
    low, high = figures.accuracy_interval
    interval = f"95 % interval {percent(low, 2)} to {percent(high, 2)}"
    before = "" if figures.uncalibrated_error is None else f" ({figures.uncalibrated_error:.4f} before)"
    lines = [
        ("pictures", f"{figures.pictures:,}, {figures.without_label:,} of them without any label"),
        ("mean average precision", _number(figures.mean_average_precision)),
        ("all labels right", f"{percent(figures.accuracy_fraction, 2)} ({interval})"),
        ("precision", f"{_share(figures.precision_fraction)} of the labels given are right"),
        ("recall", f"{_share(figures.recall_fraction)} of the true labels are found"),
        (
            "F1",
            f"{_share(figures.f1_fraction)}, {_share(figures.macro_f1_fraction)} as the mean of the labels",
        ),
        ("ROC AUC", f"{_number(figures.roc_auc)} (mean of the labels)"),
        ("binary cross-entropy", f"{figures.cross_entropy:.4f}"),
        ("calibration error", f"{figures.calibration_error:.4f}{before}"),
        *(("note", note) for note in figures.notes),
    ]
    console = stdout_console()
    print_lines(console, lines, 24)
    console.print()
    by_label = table(["label"], ["pictures", "threshold", "precision", "recall", "F1", "average precision"])
    for one in figures.classes:
        shares = (one.precision_fraction, one.recall_fraction, one.f1_fraction)
        by_label.add_row(
            one.name,
            f"{one.pictures:,}",
            f"{one.threshold:.3f}",
            *map(_share, shares),
            _number(one.average_precision),
        )
    console.print(by_label)


def _share(fraction: float | None) -> str:
    return "-" if fraction is None else percent(fraction, 2)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"
