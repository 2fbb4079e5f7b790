"""`convscope network`: a notation's shapes and costs."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from convscope.network.shapes import Row


def network(
    notation: Annotated[
        str, typer.Argument(help="A notation such as 32C3-MP2-64C3-MP2-128N, or a preset's name.")
    ],
    *,
    size: Annotated[
        str, typer.Option("--input", metavar="CxHxW", help="The picture: channels x height x width.")
    ],
    classes: Annotated[int, typer.Option(min=2, max=65_536, help="How many classes are told apart.")] = 10,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show a network step by step: shapes, parameters, multiply-adds, receptive fields."""
    from convscope.network.notation import parse, write
    from convscope.network.presets import PRESETS
    from convscope.network.shapes import parse_shape, trace

    layers, shape = parse(PRESETS.get(notation, notation)), parse_shape(size)
    rows = trace(layers, shape, classes)
    if as_json:
        totals = {name: sum(getattr(row, name) for row in rows) for name in ("parameters", "multiply_adds")}
        report = {"network": write(layers), "input": shape, "classes": classes}
        typer.echo(json.dumps({**report, "steps": [asdict(row) for row in rows], **totals}, indent=2))
    else:
        _print_table(rows)


def _print_table(rows: tuple[Row, ...]) -> None:
    from convscope.commands.tables import out, table

    totals = [sum(row.parameters for row in rows), sum(row.multiply_adds for row in rows)]
    shown = table(
        ["step", "notation"],
        ["output shape", "parameters", "multiply-adds", "receptive\nfield"],
        totals=["total", "", "", *(f"{total:,}" for total in totals), ""],
    )
    for row in rows:
        costs = [f"{cost:,}" if cost else "" for cost in (row.parameters, row.multiply_adds)]
        shown.add_row(row.step, row.notation, _times(row.output_shape), *costs, _times(row.receptive_field))
    out().print(shown)


def _times(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape))
