"""`convscope compare`: which of two models is better, and where their predictions differ."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from convscope.commands.output_option import CsvFile, Part, write_csv
from convscope.common.percent import percent

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from convscope.comparison import Comparison, Flip

_MAX_ROWS = 20


def compare(
    first: Annotated[str, typer.Argument(help="Model file or run folder to compare with.", metavar="A")],
    second: Annotated[str, typer.Argument(help="Model file or run folder to assess.", metavar="B")],
    *,
    data: Annotated[str, typer.Option(help="Labelled pictures, as for train. Classes are matched by name.")],
    part: Part = "test",
    csv_file: CsvFile = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Compare the accuracy of two models on the same labelled pictures.

    Prints the difference in accuracy between B and A with its confidence interval and p-value, and the
    pictures on which the models disagree; --csv writes all of these pictures. With several labels per
    picture, a picture counts as right if all its labels are right, and the mean average precision (mAP) is
    printed too.
    """
    from convscope.training.listeners.terminal import Terminal

    with Terminal(sys.stderr, task=f"reading {data}") as terminal:
        from convscope.classifier import load
        from convscope.comparison import compare

        models = load(first), load(second)
        result = compare(*models, data, part, progress=terminal.show_progress)
    if csv_file is not None:
        write_csv(csv_file, _rows(result.flips), to_stderr=as_json)
    if as_json:
        report = {"first": first, "second": second, "data": data, "part": part, **result.to_dict()}
        typer.echo(json.dumps(report, indent=2, allow_nan=False))
    else:
        _print_report(result)


def _rows(flips: tuple[Flip, ...]) -> Iterator[Sequence[object]]:
    yield "picture", "place", "truth", "first", "first_probability", "second", "second_probability"
    for flip in flips:
        first, second = f"{flip.first_probability:.6f}", f"{flip.second_probability:.6f}"
        yield flip.picture, flip.place, flip.truth, flip.first, first, flip.second, second


def _print_report(result: Comparison) -> None:
    from convscope.commands.tables import print_lines, stdout_console, table

    low, high = (f"{100 * bound:+.2f}" for bound in result.difference_interval)
    precisions = {"A": result.first_mean_average_precision, "B": result.second_mean_average_precision}
    several = any(precision is not None for precision in precisions.values())
    accuracy = "all labels right," if several else "accuracy of"
    lines = [
        ("pictures", f"{result.pictures:,}"),
        *((f"mAP of {name}", f"{value:.4f}") for name, value in precisions.items() if value is not None),
        (f"{accuracy} A", percent(result.first_accuracy_fraction, 2)),
        (f"{accuracy} B", percent(result.second_accuracy_fraction, 2)),
        ("difference", f"{100 * result.difference_fraction:+.2f} points (95 % interval {low} to {high})"),
        ("only A is right", f"{result.only_first:,}"),
        ("only B is right", f"{result.only_second:,}"),
        ("p-value", f"{result.p_value:.2g} (McNemar's exact test)"),
        *(("note", note) for note in result.notes),
    ]
    console = stdout_console()
    print_lines(console, lines, 21 if several else 18)
    if not result.flips:
        return
    console.print()
    answers = table(["picture", "truth", "A", "B"], ["probability A", "probability B"])
    for flip in result.flips[:_MAX_ROWS]:
        probabilities = (percent(p) for p in (flip.first_probability, flip.second_probability))
        answers.add_row(flip.picture, flip.truth, flip.first, flip.second, *probabilities)
    console.print(answers)
    if len(result.flips) > _MAX_ROWS:
        more = len(result.flips) - _MAX_ROWS
        console.print(f"{more:,} more pictures are answered differently: --csv or --json lists all")
