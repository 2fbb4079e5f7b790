"""The output of `convscope predict` for a model with several labels per picture."""

from __future__ import annotations

import csv
from typing import IO, TYPE_CHECKING

import typer

from convscope.common.printable import printable
from convscope.pictures.target import joined

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from convscope.predictions import Prediction

_NONE = "none of them"


def label_csv_writer(file: IO[str], labels: Sequence[str], *, header: bool) -> Callable[[Prediction], None]:
    """Return a writer of a prediction as one row: its labels, then the probability of each label."""
    writer = csv.writer(file, lineterminator="\n")
    if header:
        writer.writerow(["picture", "labels", *labels])

    def write(prediction: Prediction) -> None:
        shares = dict(prediction.top)
        numbers = (f"{shares[label]:.6f}" for label in labels)
        writer.writerow([prediction.name, joined(prediction.labels), *numbers])
        file.flush()

    return write


def label_table_writer(*, header: bool) -> Callable[[Prediction], None]:
    """Return a printer of a prediction as one line: picture, then its labels with probabilities."""
    if header:
        typer.echo("picture: labels that reach their threshold, with probabilities")

    def write(prediction: Prediction) -> None:
        shares = dict(prediction.top)
        shown = ", ".join(f"{label} {shares[label]:.2%}" for label in prediction.labels)
        name = printable(prediction.name).replace("\n", "\\n")
        typer.echo(f"{name}: {shown or _NONE}")

    return write
