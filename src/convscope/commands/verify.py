"""`convscope verify`: whether a model was made from these pictures, and comes out the same again."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from convscope.model.file import Model
    from convscope.model.verification import Changed, DataCheck, WeightsCheck

_MOST_NAMED = 10


def verify(
    model: Annotated[str, typer.Argument(help="The model file, model.safetensors in a run's folder.")],
    *,
    data: Annotated[str, typer.Option(help="The pictures it was made from: whatever `train` takes.")],
    retrain: Annotated[
        bool,
        typer.Option("--retrain", help="Train once more with the same settings, and compare the weights."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check a model against its receipt.

    Says whether the pictures are those it was made from, and which were added, removed or changed. With
    --retrain the run is repeated, if they are, and the weights are compared.

    The exit code is 0 if all that was checked is the same, 1 if something differs, and 2 if it cannot be
    checked.
    """
    from convscope.commands.terminal import Terminal
    from convscope.model.file import load
    from convscope.model.verification import changes, check_data
    from convscope.training.events import Preparing

    given = load(model)
    with Terminal(sys.stderr) as terminal:
        pictures = check_data(
            given,
            Path(model).parent,
            data,
            progress=lambda done, total: terminal(Preparing(done, total)),
        )
    weights = _retrained(given, data) if retrain and pictures.same else None
    changed = changes(given)
    if as_json:
        report = {
            "model": model,
            "data": data,
            "receipt": dict(given.receipt),
            "pictures": asdict(pictures),
            "environment": [asdict(one) for one in changed],
            "weights": asdict(weights) if weights else None,
        }
        typer.echo(json.dumps(report, indent=2, allow_nan=False))
    else:
        _print(pictures, weights, changed)
    if not pictures.same or (weights and not weights.identical):
        raise typer.Exit(1)


def _retrained(model: Model, data: str) -> WeightsCheck:
    from convscope.commands import process_tuning

    process_tuning.tune()

    from convscope.commands.terminal import Terminal
    from convscope.model.verification import check_weights
    from convscope.training.repeat import repeat

    with Terminal(sys.stderr) as terminal:
        return check_weights(model, repeat(model, data, listeners=[terminal]))


def _print(pictures: DataCheck, weights: WeightsCheck | None, changed: tuple[Changed, ...]) -> None:
    from convscope.commands.tables import out

    console = out()
    console.print(f"{'pictures':14}{'the same' if pictures.same else 'not the same'}")
    for title, text in (*_differing(pictures), *_weighed(weights)):
        console.print(f"{title:14}{text}")
    for one in changed:
        console.print(
            f"{'another here':14}{one.fact}: {one.then or 'unknown'} then, {one.now or 'unknown'} now"
        )


def _differing(pictures: DataCheck) -> list[tuple[str, str]]:
    found = pictures.differences
    if pictures.same:
        return []
    if found is None:
        return [("", f"which differ cannot be told: {pictures.reason}")]
    if not found:
        return [("", "each is there as before, but in another part or in another order")]
    return [
        (title, name)
        for title, names in asdict(found).items()
        for name in (*names[:_MOST_NAMED], *_rest(names))
    ]


def _rest(names: tuple[str, ...]) -> list[str]:
    more = len(names) - _MOST_NAMED
    return [f"{more:,} more: --json names them all"] if more > 0 else []


def _weighed(weights: WeightsCheck | None) -> list[tuple[str, str]]:
    if weights is None:
        return []
    if weights.identical:
        return [("weights", "identical, to the bit")]
    if weights.largest_difference is None:
        return [("weights", "of another network")]
    return [("weights", f"different, by up to {weights.largest_difference:.3g}")]
