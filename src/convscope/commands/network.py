"""`convscope network`: a notation's shapes and costs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from convscope.network.chain import Chain


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
    from convscope.network.chain import parse_chain, summary
    from convscope.network.notation import parse_shape
    from convscope.network.presets import PRESETS

    chain = parse_chain(PRESETS.get(notation, notation), parse_shape(size), classes)
    if as_json:
        typer.echo(json.dumps(summary(chain), indent=2))
    else:
        _print_table(chain)


def _print_table(chain: Chain) -> None:
    from convscope.commands.tables import out, table

    totals = chain.parameter_count, chain.multiply_adds
    shown = table(
        ["step", "notation"],
        ["output shape", "parameters", "multiply-adds", "receptive\nfield"],
        totals=["total", "", "", *(f"{total:,}" for total in totals), ""],
    )
    _, height, width = chain.input_shape
    for step in chain:
        costs = [f"{cost:,}" if cost else "" for cost in (step.parameter_count, step.multiply_adds)]
        field = step.receptive_field.size_within(height, width)
        shown.add_row(step.title, step.notation, _times(step.shape), *costs, _times(field))
    out().print(shown)


def _times(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape))
