"""`convscope verify`: check a model against its receipt, and train it again."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from convscope.model.file import Model
    from convscope.model.verification import Changed, DataCheck, WeightsCheck
    from convscope.training.start.start_check import StartCheck

_MAX_NAMES = 10
_WIDTH = 14


def verify(
    model: Annotated[str, typer.Argument(help="Model file or run folder.")],
    *,
    data: Annotated[str, typer.Option(help="The pictures that the model was trained on, as for train.")],
    retrain: Annotated[
        bool,
        typer.Option(
            "--retrain", help="Repeat the training with the same settings, and compare the weights."
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check a model against its receipt, the record of the data and settings it was trained with.

    Reports whether the pictures are the same as in training, which ones were added, removed or changed, and
    whether the initial weights are still the same. With --retrain, if the pictures are the same, the training
    is repeated and the weights are compared.

    The exit code is 0 if everything is the same, 1 if something differs, and 2 if it cannot be checked.
    """
    from convscope.training.listeners.terminal import Terminal

    with Terminal(sys.stderr, task=f"reading {data}") as terminal:
        from convscope.model.file import load, model_path
        from convscope.model.verification import changes, check_data
        from convscope.training.start.start_check import check_start

        given = load(model)
        run = model_path(model).parent
        pictures = check_data(given, run, data, progress=terminal.show_progress)
    weights = _retrained(given, data) if retrain and pictures.same else None
    changed, starts = changes(given), check_start(given.receipt)
    if as_json:
        report = {
            "model": model,
            "data": data,
            "receipt": dict(given.receipt),
            "pictures": asdict(pictures),
            "start": [asdict(one) for one in starts],
            "environment": [asdict(one) for one in changed],
            "weights": asdict(weights) if weights else None,
        }
        typer.echo(json.dumps(report, indent=2, allow_nan=False))
    else:
        _print_report(pictures, starts, weights, changed)
    other_start = any(one.same is False for one in starts)
    if not pictures.same or other_start or (weights and not weights.identical):
        raise typer.Exit(1)


def _retrained(model: Model, data: str) -> WeightsCheck:
    from convscope.commands import process_tuning

    process_tuning.tune()

    from convscope.model.verification import check_weights
    from convscope.training.listeners.terminal import Terminal
    from convscope.training.repeat import repeat

    with Terminal(sys.stderr) as terminal:
        return check_weights(model, repeat(model, data, listeners=[terminal]))


def _print_report(
    pictures: DataCheck,
    starts: tuple[StartCheck, ...],
    weights: WeightsCheck | None,
    changed: tuple[Changed, ...],
) -> None:
    from convscope.commands.tables import print_lines, stdout_console

    environment = [
        ("changed", f"{one.fact}: was {one.then or 'unknown'}, is {one.now or 'unknown'}") for one in changed
    ]
    lines = [
        ("pictures", "the same" if pictures.same else "not the same"),
        *_differences(pictures),
        *(("note", note) for note in pictures.notes),
        *(line for one in starts for line in _start(one)),
        *_weights(weights),
        *environment,
    ]
    print_lines(stdout_console(), lines, _WIDTH)


def _start(start: StartCheck) -> list[tuple[str, str]]:
    if start.same is None:
        said = f"cannot be compared: {start.reason}"
    else:
        said = "the same at hand" if start.same else "not the same at hand"
    licence = f", licence {start.licence}" if start.licence else ""
    return [("started from", start.name), ("", f"{said}; SHA-256 {start.digest}{licence}")]


def _differences(pictures: DataCheck) -> list[tuple[str, str]]:
    found = pictures.differences
    if pictures.same:
        return []
    if found is None:
        return [("", f"which ones differ is not known: {pictures.reason}")]
    if not found:
        return [("", "each is still there, but in another part or in another order")]
    return [
        (title, name)
        for title, names in asdict(found).items()
        for name in (*names[:_MAX_NAMES], *_more(names))
    ]


def _more(names: tuple[str, ...]) -> list[str]:
    more = len(names) - _MAX_NAMES
    return [f"{more:,} more: --json lists all"] if more > 0 else []


def _weights(weights: WeightsCheck | None) -> list[tuple[str, str]]:
    if weights is None:
        return []
    if weights.identical:
        return [("weights", "identical, to the bit")]
    if weights.largest_difference is None:
        return [("weights", "those of another network")]
    return [("weights", f"different, by up to {weights.largest_difference:.3g}")]
