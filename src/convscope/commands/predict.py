"""`convscope predict`: the classes of pictures."""

from __future__ import annotations

import csv
import glob
import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated

import typer

from convscope.common.printable import printable
from convscope.errors import DataError, PictureError, SettingError

if TYPE_CHECKING:
    from convscope.classifier import Classifier
    from convscope.common.ranks import Rank
    from convscope.pictures.sources.left_out import LeftOut
    from convscope.predictions import Prediction
    from convscope.walkthrough.overlay import Overlays

Write = Callable[["Prediction"], None]

_CHUNK = 65_536
_REFRESH_SECONDS = 0.1
_MAX_CLASS_WIDTH = 32
_MOST_SIMILAR = 3


def predict(
    model: Annotated[str, typer.Argument(help="Model file or run folder.")],
    pictures: Annotated[
        list[str],
        typer.Argument(
            help="Files, folders, patterns such as 'pets/*.jpg', or - for names on standard input."
        ),
    ],
    *,
    top: Annotated[int, typer.Option(min=1, help="Number of most probable classes to print.")] = 1,
    csv_file: Annotated[
        Path | None,
        typer.Option(
            "--csv",
            metavar="FILE",
            help="Write CSV instead of a table; - for standard output.",
            show_default=False,
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, one line per picture.")] = False,
    null: Annotated[
        bool, typer.Option("--null", help="Names on standard input end with NUL, as from find -print0.")
    ] = False,
    explain: Annotated[
        str | None,
        typer.Option(
            metavar="FOLDER",
            help="Write class activation and occlusion maps to a new folder.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Predict the classes of pictures.

    A picture that cannot be read is reported on standard error and does not stop the others. --explain writes
    two maps for each picture: a class activation map (exact if the network ends in global average pooling,
    otherwise Grad-CAM), and an occlusion map, which shows how much covering each part lowers the probability.

    For a model with several labels per picture, all labels that reach their thresholds are printed; --json
    and --csv also contain the probabilities of all labels.

    A picture that probably shows none of the classes is marked as unknown if the model has an open-set rule.
    A model with pretrained features also lists the training pictures that it resembles most, with their
    similarity (cosine).

    Under torchrun, each process predicts and prints its share of the pictures.

    The exit code is 0 if all pictures could be read, 1 if only some, and 2 if none.
    """
    from convscope.common.ranks import rank

    here = rank()
    _check_arguments(pictures, csv_file, here, as_json=as_json, null=null)

    from convscope.classifier import load
    from convscope.pictures.sources.left_out import LeftOut

    classifier = load(model, threads=1)  # several pictures are predicted in parallel, one per processor
    top = len(classifier.classes) if classifier.model.has_several_labels else top
    overlays = None if explain is None else _overlays(classifier, explain, here)
    left_out = LeftOut()
    unmatched: list[str] = []
    every_name = _names(pictures, b"\0" if null else b"\n", left_out, unmatched)
    names = islice(every_name, here.number, None, here.size)
    with ExitStack() as stack:
        write = _writer(classifier, csv_file, top, here, stack, as_json=as_json)
        read = failed = 0
        for outcome in _with_progress(classifier.predict_each(names, top)):
            if isinstance(outcome, PictureError):
                failed += 1
                typer.echo("\n".join(map(printable, str(outcome).splitlines())), err=True)
            else:
                read += 1
                write(outcome)
                if outcome.note:
                    typer.echo(printable(f"{outcome.name}: {outcome.note}"), err=True)
                if overlays is not None:
                    overlays.write(outcome.name)
    notes = [f"no file fits the pattern {printable(pattern)}" for pattern in unmatched]
    _finish(pictures, read, failed, [*notes, *left_out.notes()] if here.number == 0 else None)
    for written in (None if csv_file == Path("-") else csv_file, explain):
        if written is not None:
            typer.echo(f"written {written}", err=as_json or csv_file == Path("-"))
    if failed or unmatched:
        raise typer.Exit(1)


def _check_arguments(
    pictures: list[str], csv_file: Path | None, here: Rank, *, as_json: bool, null: bool
) -> None:
    if here.size > 1 and "-" in pictures:
        raise SettingError(
            "several processes cannot read one standard input", remedy="name files, folders or patterns"
        )
    if here.size > 1 and csv_file not in {None, Path("-")}:
        raise SettingError(
            "several processes cannot write one file", remedy="use --csv - and give each a file of its own"
        )
    if null and "-" not in pictures:
        raise SettingError("--null is for names on standard input", remedy="add - to the pictures")
    if as_json and csv_file is not None:
        raise SettingError("--json and --csv cannot be combined", remedy="choose one of them")


def _finish(pictures: list[str], read: int, failed: int, notes: Sequence[str] | None) -> None:
    """Report what could not be predicted; only the first process has the notes."""
    if not read and not failed and notes is not None:  # there may be more processes than pictures
        raise DataError(
            "there are no pictures to predict",
            why="; ".join(notes) or f"nothing was found in {', '.join(map(printable, pictures))}",
            remedy="name a picture file, or a folder of them",
        )
    for note in notes or ():
        typer.echo(note, err=True)
    if failed:
        typer.echo(f"{failed:,} of {read + failed:,} pictures could not be read", err=True)
        _hint_at_sets(pictures)
        if not read:
            raise typer.Exit(2)


def _hint_at_sets(arguments: list[str]) -> None:
    """Return a hint on archives, tables and shards, which are not pictures."""
    from convscope.pictures.sources.opening import OPENERS

    suffixes = tuple(suffix for group in OPENERS for suffix in group)
    if named := next((one for one in arguments if one.lower().endswith(suffixes)), None):
        typer.echo(
            f"{printable(named)} is a set of pictures: unpack it and give the folder, or, if they are "
            "labelled, use convscope evaluate, which reads it directly",
            err=True,
        )


def _overlays(classifier: Classifier, folder: str, here: Rank) -> Overlays:
    from convscope.walkthrough.overlay import Overlays

    return Overlays(classifier.model, Path(folder, f"{here.number}" if here.size > 1 else ""))


def _with_progress(outcomes: Iterator[Prediction | PictureError]) -> Iterator[Prediction | PictureError]:
    """Show a counter on a terminal if the predictions are written elsewhere."""
    if sys.stdout.isatty() or not sys.stderr.isatty():
        yield from outcomes
        return
    from rich.console import Console
    from rich.live import Live

    start = refreshed = time.monotonic()
    console = Console(stderr=True, highlight=False)
    with Live(console=console, auto_refresh=False, transient=True, redirect_stdout=False) as live:
        for count, outcome in enumerate(outcomes, start=1):
            now = time.monotonic()
            if now - refreshed >= _REFRESH_SECONDS:
                live.update(f"{count:,} pictures, {count / (now - start):,.0f} per second", refresh=True)
                refreshed = now
            yield outcome


def _names(
    arguments: Iterable[str], separator: bytes, left_out: LeftOut, unmatched: list[str]
) -> Iterator[str]:
    """Yield the names of all pictures in the arguments; `unmatched` collects patterns without a match."""
    from convscope.pictures.listing import in_order, pictures_below

    for argument in arguments:
        if argument == "-":
            yield from _from_standard_input(separator)
        elif Path(argument).is_dir():
            yield from pictures_below(argument, left_out)
        elif glob.has_magic(argument) and not Path(argument).exists():
            matches = in_order(glob.iglob(argument, recursive=True))  # noqa: PTH207 - absolute ones too
            first = next(matches, None)
            if first is None:
                unmatched.append(argument)
            else:
                yield first
                yield from matches
        else:
            yield argument


def _from_standard_input(separator: bytes) -> Iterator[str]:
    rest = b""
    while chunk := os.read(sys.stdin.fileno(), _CHUNK):
        *names, rest = (rest + chunk).split(separator)
        yield from (os.fsdecode(name) for name in names if name)
    if rest:
        yield os.fsdecode(rest)


def _writer(
    classifier: Classifier, csv_file: Path | None, top: int, here: Rank, stack: ExitStack, *, as_json: bool
) -> Write:
    """Return a writer of single predictions; only the first process adds a header."""
    header = here.number == 0
    if as_json:
        return _print_json
    if csv_file is None and classifier.model.has_several_labels:
        from convscope.commands.label_writers import label_table_writer

        return label_table_writer(header=header)
    if csv_file is None:
        return _table_writer(classifier, top, header=header)
    if csv_file == Path("-"):
        return _rows_writer(classifier, sys.stdout, header=header)
    import io

    from convscope.common.atomic import replacing

    binary = stack.enter_context(replacing(csv_file))
    text = io.TextIOWrapper(binary, "utf-8", "surrogateescape", newline="", write_through=True)
    stack.callback(text.detach)
    return _rows_writer(classifier, text, header=header)


def _rows_writer(classifier: Classifier, file: IO[str], *, header: bool) -> Write:
    if classifier.model.has_several_labels:
        from convscope.commands.label_writers import label_csv_writer

        return label_csv_writer(file, classifier.classes, header=header)
    return _csv_writer(file, header=header)


def _print_json(prediction: Prediction) -> None:
    classes = [{"class": label, "probability": probability} for label, probability in prediction.top]
    fields = {
        "picture": prediction.name,
        "unknown": prediction.unknown,
        "score": prediction.score,
        "labels": [*prediction.labels],
    }
    similar = [
        {"picture": one.name, "class": one.label, "similarity": one.similarity, "digest": one.digest}
        for one in prediction.similar
    ]
    typer.echo(json.dumps({**fields, "classes": classes, "similar": similar}))


def _csv_writer(file: IO[str], *, header: bool) -> Write:
    writer = csv.writer(file, lineterminator="\n")
    if header:
        writer.writerow(["picture", "rank", "class", "probability", "unknown", "score"])

    def write(prediction: Prediction) -> None:
        score = "" if prediction.score is None else f"{prediction.score:.6f}"
        unknown = "yes" if prediction.unknown else "no"
        writer.writerows(
            [prediction.name, rank, label, f"{probability:.6f}", unknown, score]
            for rank, (label, probability) in enumerate(prediction.top, start=1)
        )
        file.flush()

    return write


def _table_writer(classifier: Classifier, top: int, *, header: bool) -> Write:
    from rich.cells import cell_len, set_cell_size

    classes = classifier.classes
    width = min(_MAX_CLASS_WIDTH, max(cell_len("class"), *map(cell_len, classes)))

    def line(cells: Iterable[tuple[str, str]], unknown: str, name: str) -> None:
        columns = [f"{set_cell_size(label, width)}  {probability:>11}  " for label, probability in cells]
        if classifier.model.open_set:
            columns.append(f"{unknown:7}  ")
        typer.echo("".join(columns) + printable(name).replace("\n", "\\n"))

    if header:
        line([("class", "probability")] * min(top, len(classes)), "unknown", "picture")

    def write(prediction: Prediction) -> None:
        shares = ((label, f"{probability:.2%}") for label, probability in prediction.top)
        line(shares, "yes" if prediction.unknown else "", prediction.name)
        if prediction.unknown and prediction.similar:
            typer.echo(_why_unknown(prediction, classifier))

    return write


def _why_unknown(prediction: Prediction, classifier: Classifier) -> str:
    """List the nearest training pictures, which are not similar enough."""
    similar = ", ".join(
        f"{printable(one.name) if one.name else f'one of {one.label}'} {one.similarity:.2f}"
        for one in prediction.similar[:_MOST_SIMILAR]
    )
    threshold = classifier.model.open_set.threshold if classifier.model.open_set else 0.0
    return f"  most similar in training: {similar} (known from {threshold:.2f} on)"
