"""`convscope predict`: which class pictures are of."""

from __future__ import annotations

import csv
import glob
import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from convscope.common.printable import printable
from convscope.errors import DataError, PictureError, SettingError

if TYPE_CHECKING:
    from convscope.classifier import Classifier, Prediction
    from convscope.common.ranks import Rank
    from convscope.walkthrough.overlay import Overlays

Show = Callable[["Prediction"], None]
Form = Callable[["Classifier", int, bool], Show]
"""Takes the classifier, how many classes to show, and whether a head is printed."""

_CHUNK = 65_536
_REFRESH_SECONDS = 0.1
_WIDEST = 32


def predict(
    model: Annotated[str, typer.Argument(help="The model file, model.safetensors in a run's folder.")],
    pictures: Annotated[
        list[str],
        typer.Argument(
            help="Files, folders, patterns such as 'pets/*.jpg', or - for names on standard input."
        ),
    ],
    *,
    top: Annotated[int, typer.Option(min=1, help="How many of the most probable classes to show.")] = 1,
    form: Annotated[
        Literal["table", "csv", "jsonl"], typer.Option("--format", help="How to print them.")
    ] = "table",
    null: Annotated[
        bool,
        typer.Option("--null", help="Names on standard input end with a NUL, as `find -print0` writes them."),
    ] = False,
    explain: Annotated[
        str | None,
        typer.Option(
            metavar="FOLDER",
            help="Write maps of what the answers rest on into a new folder.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Say which class pictures are of.

    A picture that cannot be read is named on standard error and does not stop the others. With --explain
    two maps are written for each: where Grad-CAM finds the evidence, and what a grey square costs.

    A picture that is probably of none of the classes is marked as unknown, if the model can tell.

    Under torchrun each process takes its share of the pictures, and prints it; the first one prints the head
    of the table, too.

    The exit code is 0 if all could be read, 1 if some, and 2 if none.
    """
    from convscope.classifier import load
    from convscope.common.ranks import rank

    here = rank()
    if here.size > 1 and "-" in pictures:
        raise SettingError(
            "several processes cannot read one standard input", remedy="give files, folders or patterns"
        )
    if null and "-" not in pictures:
        raise SettingError("--null is about names on standard input", remedy="give - among the pictures")
    classifier = load(model, threads=1)  # of many pictures, as many as there are processors at the same time
    explained = None if explain is None else _overlays(classifier, explain, here)
    show = _FORMS[form](classifier, top, here.number == 0)
    names = islice(_names(pictures, b"\0" if null else b"\n"), here.number, None, here.size)
    shown = failed = 0
    for outcome in _counted(classifier.predict_each(names, top)):
        if isinstance(outcome, PictureError):
            failed += 1
            typer.echo("\n".join(map(printable, str(outcome).splitlines())), err=True)
        else:
            shown += 1
            show(outcome)
            sys.stdout.flush()
            if explained is not None:
                explained.write(outcome.name)
    if not shown and not failed and here.number == 0:  # others may be more than there are pictures
        raise DataError(
            "there are no pictures to predict", why="nothing was found", remedy="give a picture's file"
        )
    if failed:
        typer.echo(f"{failed:,} of {shown + failed:,} pictures could not be read", err=True)
        raise typer.Exit(1 if shown else 2)


def _overlays(classifier: Classifier, folder: str, here: Rank) -> Overlays:
    from convscope.walkthrough.overlay import Overlays

    return Overlays(classifier.model, Path(folder, f"{here.number}" if here.size > 1 else ""))


def _counted(outcomes: Iterator[Prediction | PictureError]) -> Iterator[Prediction | PictureError]:
    """Tell a person at a terminal how far it is, while the answers go elsewhere."""
    if sys.stdout.isatty() or not sys.stderr.isatty():
        yield from outcomes
        return
    from rich.console import Console
    from rich.live import Live

    start = told = time.monotonic()
    console = Console(stderr=True, highlight=False)
    with Live(console=console, auto_refresh=False, transient=True, redirect_stdout=False) as live:
        for count, outcome in enumerate(outcomes, start=1):
            now = time.monotonic()
            if now - told >= _REFRESH_SECONDS:
                live.update(f"{count:,} pictures, {count / (now - start):,.0f} a second", refresh=True)
                told = now
            yield outcome


def _names(given: Iterable[str], separator: bytes) -> Iterator[str]:
    from convscope.pictures.listing import in_order, pictures_below

    for name in given:
        if name == "-":
            yield from _on_standard_input(separator)
        elif Path(name).is_dir():
            yield from pictures_below(name)
        elif glob.has_magic(name) and not Path(name).exists():
            # A pattern that fits nothing is passed on, and then named as a file that is not there.
            found = in_order(glob.iglob(name, recursive=True))  # noqa: PTH207 - absolute too
            yield next(found, name)
            yield from found
        else:
            yield name


def _on_standard_input(separator: bytes) -> Iterator[str]:
    rest = b""
    while chunk := os.read(sys.stdin.fileno(), _CHUNK):
        *names, rest = (rest + chunk).split(separator)
        yield from (os.fsdecode(name) for name in names if name)
    if rest:
        yield os.fsdecode(rest)


def _table(classifier: Classifier, top: int, head: bool) -> Show:  # noqa: FBT001  # see Form
    from rich.cells import cell_len, set_cell_size

    classes = classifier.classes
    width = min(_WIDEST, max(cell_len("class"), *map(cell_len, classes)))

    def line(guesses: Iterable[tuple[str, str]], doubt: str, name: str) -> None:
        columns = [f"{set_cell_size(label, width)}  {share:>11}  " for label, share in guesses]
        if classifier.model.rejection:
            columns.append(f"{doubt:7}  ")
        typer.echo("".join(columns) + printable(name).replace("\n", "\\n"))

    if head:
        line([("class", "probability")] * min(top, len(classes)), "unknown", "picture")
    return lambda one: line(
        ((label, f"{share:.2%}") for label, share in one.top), "yes" if one.unknown else "", one.name
    )


def _csv(_classifier: Classifier, _top: int, head: bool) -> Show:  # noqa: FBT001  # see Form
    writer = csv.writer(sys.stdout, lineterminator="\n")
    if head:
        writer.writerow(["picture", "rank", "class", "probability", "unknown", "score"])

    def lines(one: Prediction) -> None:
        fit = ["yes" if one.unknown else "no", "" if one.score is None else f"{one.score:.6f}"]
        writer.writerows(
            [one.name, rank, label, f"{share:.6f}", *fit]
            for rank, (label, share) in enumerate(one.top, start=1)
        )

    return lines


def _jsonl(_classifier: Classifier, _top: int, _head: bool) -> Show:  # noqa: FBT001  # see Form
    def line(one: Prediction) -> None:
        guesses = [{"class": label, "probability": share} for label, share in one.top]
        told = {"picture": one.name, "unknown": one.unknown, "score": one.score, "classes": guesses}
        typer.echo(json.dumps(told))

    return line


_FORMS: dict[str, Form] = {"table": _table, "csv": _csv, "jsonl": _jsonl}
