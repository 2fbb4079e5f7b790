"""`convscope evaluate`: how good a model is on labelled pictures."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from convscope.model.evaluation import Evaluation

_MOST_COLUMNS = 20  # of a confusion matrix that people can read


def evaluate(
    model: Annotated[str, typer.Argument(help="The model file, model.safetensors in a run's folder.")],
    data: Annotated[
        str,
        typer.Argument(help="Labelled pictures: whatever `train` takes. Classes are matched by name."),
    ],
    *,
    part: Annotated[
        Literal["test", "validation", "train", "all"], typer.Option(help="Which of the pictures to judge by.")
    ] = "test",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Measure how good a model is on labelled pictures.

    Where the pictures come without a test part, it is the one that training sets aside.
    """
    from convscope.classifier import load
    from convscope.commands.terminal import Terminal
    from convscope.training.events import Preparing

    classifier = load(model)
    with Terminal(sys.stderr) as terminal:
        figures = classifier.evaluate(
            data, part, progress=lambda done, total: terminal(Preparing(done, total))
        )
    if as_json:
        report = {"model": model, "data": data, "part": part, **figures.to_dict()}
        typer.echo(json.dumps(report, indent=2, allow_nan=False))
    else:
        _print_report(figures)


def _print_report(figures: Evaluation) -> None:
    from convscope.commands.tables import out, table

    low, high = figures.accuracy_interval
    lines = [
        ("pictures", f"{figures.pictures:,}"),
        (
            "accuracy",
            f"{_percent(figures.accuracy_fraction)} (95 % interval {_percent(low)} to {_percent(high)})",
        ),
        ("cross-entropy", f"{figures.cross_entropy:.4f}"),
        ("mean squared error", f"{figures.mean_squared_error:.4f}"),
        ("classification error", f"{figures.classification_error:.4f}"),
        ("calibration error", f"{figures.calibration_error:.4f}{_before(figures.uncalibrated_error)}"),
        *_unknown(figures),
        *(("note", note) for note in figures.notes),
    ]
    by_class = table(["class"], ["pictures", "precision", "recall", "F1"])
    for one in figures.classes:
        shares = (one.precision_fraction, one.recall_fraction, one.f1_fraction)
        by_class.add_row(one.name, f"{one.pictures:,}", *("-" if s is None else _percent(s) for s in shares))
    console = out()
    for title, text in lines:
        console.print(f"{title:22}{text}")
    console.print()
    console.print(by_class)
    console.print()
    _print_confusion(figures, console)


def _before(uncalibrated_error: float | None) -> str:
    return "" if uncalibrated_error is None else f" ({uncalibrated_error:.4f} before the temperature)"


def _unknown(figures: Evaluation) -> list[tuple[str, str]]:
    if figures.unknown_fraction is None:
        return []
    return [("taken for unknown", f"{_percent(figures.unknown_fraction)} of them")]


def _print_confusion(figures: Evaluation, console: Console) -> None:
    from convscope.commands.tables import table

    if len(figures.classes) > _MOST_COLUMNS:
        console.print("The confusion matrix of so many classes is in the output of --json.")
        return
    matrix = table(["true \\ predicted"], [one.name for one in figures.classes])
    for one, counts in zip(figures.classes, figures.confusion, strict=True):
        matrix.add_row(one.name, *(f"{count:,}" if count else "." for count in counts))
    console.print(matrix)


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %"
