"""`convscope compare`: which of two models is better, and on which pictures they part."""

from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path  # noqa: TC003  # typer looks it up
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from convscope.comparison import Comparison, Flip

_MOST_SHOWN = 20


def compare(
    first: Annotated[str, typer.Argument(help="The model file to compare with.", metavar="A")],
    second: Annotated[str, typer.Argument(help="The model file to judge.", metavar="B")],
    *,
    data: Annotated[
        str, typer.Option(help="Labelled pictures: whatever `train` takes. Classes are matched by name.")
    ],
    part: Annotated[
        Literal["test", "validation", "train", "all"], typer.Option(help="Which of the pictures to judge by.")
    ] = "test",
    table: Annotated[
        Path | None,
        typer.Option(
            "--csv", metavar="FILE", help="Write the pictures with different answers.", show_default=False
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Compare two models on the same labelled pictures.

    Says by how much B is more often right than A, how sure that is, and which pictures they answer
    differently.
    """
    from convscope.classifier import load
    from convscope.commands.terminal import Terminal
    from convscope.comparison import compare
    from convscope.training.events import Preparing

    models = load(first), load(second)
    with Terminal(sys.stderr) as terminal:
        found = compare(*models, data, part, progress=lambda done, total: terminal(Preparing(done, total)))
    if table is not None:
        _write(table, found.flips)
    if as_json:
        report = {"first": first, "second": second, "data": data, "part": part, **found.to_dict()}
        typer.echo(json.dumps(report, indent=2, allow_nan=False))
    else:
        _print(found)


def _write(path: Path, flips: tuple[Flip, ...]) -> None:
    from convscope.common.atomic import replacing

    text = io.StringIO(newline="")
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["picture", "place", "truth", "first", "first_probability", "second", "second_probability"])
    for flip in flips:
        shares = f"{flip.first_probability:.6f}", f"{flip.second_probability:.6f}"
        rows.writerow([flip.picture, flip.place, flip.truth, flip.first, shares[0], flip.second, shares[1]])
    with replacing(path) as file:
        file.write(text.getvalue().encode())


def _print(found: Comparison) -> None:
    from convscope.commands.tables import out, table

    low, high = (f"{100 * bound:+.2f}" for bound in found.difference_interval)
    lines = [
        ("pictures", f"{found.pictures:,}"),
        ("accuracy of A", f"{100 * found.first_accuracy_fraction:.2f} %"),
        ("accuracy of B", f"{100 * found.second_accuracy_fraction:.2f} %"),
        ("difference", f"{100 * found.difference_fraction:+.2f} points (95 % interval {low} to {high})"),
        ("only A is right", f"{found.only_first:,}"),
        ("only B is right", f"{found.only_second:,}"),
        ("p-value", f"{found.p_value:.2g} (McNemar's exact test)"),
        *(("note", note) for note in found.notes),
    ]
    console = out()
    for title, text in lines:
        console.print(f"{title:18}{text}")
    if not found.flips:
        return
    console.print()
    answers = table(["picture", "truth", "A", "B"], ["A sure", "B sure"])
    for flip in found.flips[:_MOST_SHOWN]:
        shares = (f"{100 * share:.1f} %" for share in (flip.first_probability, flip.second_probability))
        answers.add_row(flip.picture, flip.truth, flip.first, flip.second, *shares)
    console.print(answers)
    if len(found.flips) > _MOST_SHOWN:
        console.print(f"{len(found.flips) - _MOST_SHOWN:,} more answers differ: --csv or --json has them all")
