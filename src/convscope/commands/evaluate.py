"""`convscope evaluate`: the accuracy of a model on labelled pictures."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from convscope.commands.output_option import CsvFile, Part, write_csv
from convscope.common.percent import percent

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rich.console import Console

    from convscope.model.evaluation import Evaluation
    from convscope.model.label_evaluation import LabelEvaluation
    from convscope.predictions import EvaluatedPicture

_MAX_COLUMNS = 20
"""Largest number of classes of a readable confusion matrix."""


def evaluate(
    model: Annotated[str, typer.Argument(help="Model file or run folder.")],
    data: Annotated[
        str, typer.Argument(help="Labelled pictures, as for train. Classes are matched by name.")
    ],
    *,
    part: Part = "test",
    csv_file: CsvFile = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Evaluate a model on labelled pictures.

    If the data set has no test part, the pictures that training sets aside are used. --csv writes each
    picture's true class, its predicted class with the probability, and whether it was rejected as unknown.

    For a model with several labels per picture, precision, recall, F1 and average precision of each label are
    shown, and the mean average precision (mAP).
    """
    from convscope.training.listeners.terminal import Terminal

    with Terminal(sys.stderr, task=f"reading {data}") as terminal:
        from convscope.classifier import load

        figures, pictures = load(model).evaluate_each(data, part, progress=terminal.show_progress)
    if csv_file is not None:
        write_csv(csv_file, _rows(pictures), to_stderr=as_json)
    if as_json:
        report = {"model": model, "data": data, "part": part, **figures.to_dict()}
        typer.echo(json.dumps(report, indent=2, allow_nan=False))
    else:
        _print_report(figures)


def _rows(pictures: Iterable[EvaluatedPicture]) -> Iterator[Sequence[str]]:
    yield "picture", "truth", "answer", "probability", "unknown"
    for one in pictures:
        unknown = "yes" if one.unknown else "no"
        yield one.picture, one.truth, one.answer, f"{one.probability:.6f}", unknown


def _print_report(figures: Evaluation | LabelEvaluation) -> None:
    from convscope.model.label_evaluation import LabelEvaluation

    if isinstance(figures, LabelEvaluation):
        from convscope.commands.label_report import print_label_report

        print_label_report(figures)
    else:
        _print_class_report(figures)


def _print_class_report(figures: Evaluation) -> None:
    from convscope.commands.tables import print_lines, stdout_console, table

    low, high = (percent(bound, 2) for bound in figures.accuracy_interval)
    lines = [
        ("pictures", f"{figures.pictures:,}"),
        (
            "accuracy",
            f"{percent(figures.accuracy_fraction, 2)} (95 % interval {low} to {high})",
        ),
        *_optional(f"top-{figures.top_k} accuracy", figures.top_k_accuracy_fraction),
        *_roc_auc(figures.roc_auc),
        ("cross-entropy", f"{figures.cross_entropy:.4f}"),
        ("squared error", f"{figures.squared_error:.4f}"),
        ("classification error", f"{figures.classification_error:.4f}"),
        ("calibration error", f"{figures.calibration_error:.4f}{_before(figures.uncalibrated_error)}"),
        *_optional("taken for unknown", figures.unknown_fraction),
        *(("note", note) for note in figures.notes),
    ]
    by_class = table(["class"], ["pictures", "precision", "recall", "F1"])
    for one in figures.classes:
        fractions = (one.precision_fraction, one.recall_fraction, one.f1_fraction)
        by_class.add_row(
            one.name, f"{one.pictures:,}", *("-" if f is None else percent(f, 2) for f in fractions)
        )
    console = stdout_console()
    print_lines(console, lines, 22)
    console.print()
    console.print(by_class)
    console.print()
    _print_confusion(figures, console)


def _before(uncalibrated_error: float | None) -> str:
    return "" if uncalibrated_error is None else f" ({uncalibrated_error:.4f} before temperature scaling)"


def _optional(title: str, fraction: float | None) -> list[tuple[str, str]]:

    return [] if fraction is None else [(title, percent(fraction, 2))]


def _roc_auc(area: float | None) -> list[tuple[str, str]]:
    return [] if area is None else [("ROC AUC", f"{area:.4f} (one class against the others, mean)")]


def _print_confusion(figures: Evaluation, console: Console) -> None:
    from convscope.commands.tables import table

    if len(figures.classes) > _MAX_COLUMNS:
        console.print("The confusion matrix has too many classes to print; --json includes it.")
        return
    matrix = table(["true \\ predicted"], [one.name for one in figures.classes])
    for one, counts in zip(figures.classes, figures.confusion, strict=True):
        matrix.add_row(one.name, *(f"{count:,}" if count else "." for count in counts))
    console.print(matrix)
