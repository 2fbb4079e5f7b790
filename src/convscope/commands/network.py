"""`convscope network`: the shapes and costs of a network."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from convscope.errors import SettingError

if TYPE_CHECKING:
    from convscope.network.chain import Chain


_LINE = 68
"""Length of a notation in the list of presets, which fits in one line of a terminal with 80 columns."""


def network(
    notation: Annotated[
        str | None,
        typer.Argument(
            help="Notation, such as 32C3-MP2-64C3-MP2-128N, or the name of a preset.",
            show_default="list the presets",
        ),
    ] = None,
    *,
    size: Annotated[
        str | None,
        typer.Option(
            "--input", metavar="CxHxW", help="Input shape: channels x height x width.", show_default=False
        ),
    ] = None,
    classes: Annotated[int, typer.Option(min=2, max=65_536, help="Number of classes.")] = 10,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show a network's steps with shapes, parameters, multiply-adds and receptive fields.

    A bar marks the steps of a block with a shortcut; the block ends with an addition. Without arguments,
    list the presets.
    """
    from convscope.network.notation import parse_shape
    from convscope.network.presets import MADE_FOR, PRESETS

    if notation is None:
        _print_presets(PRESETS, as_json=as_json)
        return
    shape = parse_shape(size) if size else MADE_FOR.get(notation)
    if shape is None:
        raise SettingError(
            "the shape of the input is missing",
            why="shapes and costs depend on it",
            remedy=f"convscope network {notation} --input 3x32x32",
        )

    from convscope.network.chain_builder import parse_chain
    from convscope.network.summary import summary

    chain = parse_chain(PRESETS.get(notation, notation), shape, classes)
    if as_json:
        typer.echo(json.dumps(summary(chain), indent=2))
    else:
        _print_steps(chain)


def _print_presets(presets: dict[str, str], *, as_json: bool) -> None:
    from convscope.commands.tables import stdout_console, table

    if as_json:
        typer.echo(json.dumps(presets, indent=2))
        return
    rows = table(["preset", "notation"], [])
    for name, notation in presets.items():
        rows.add_row(name, _shortened(notation))
    console = stdout_console()
    console.print(rows)
    console.print("\nlook further  convscope network PRESET --input 3x32x32")


def _shortened(notation: str) -> str:
    """Return a notation for one line of a terminal; long ones are reduced to the first layers and the last.

    Example:
        >>> _shortened("-".join(["32C3"] * 20))
        '32C3-32C3-32C3-32C3-32C3-32C3-...-32C3-32C3'
    """
    layers = notation.split("-")
    return notation if len(notation) <= _LINE else "-".join([*layers[:6], "...", *layers[-2:]])


def _print_steps(chain: Chain) -> None:
    from convscope.commands.tables import stdout_console, table

    totals = chain.parameter_count, chain.multiply_adds
    steps = table(
        ["step", "notation"],
        ["output shape", "parameters", "multiply-adds", "receptive\nfield"],
        totals=["total", "", "", *(f"{total:,}" for total in totals), ""],
    )
    _, height, width = chain.input_shape
    marks = _block_marks(chain)
    for step in chain:
        costs = [f"{cost:,}" if cost else "" for cost in (step.parameter_count, step.multiply_adds)]
        field = step.receptive_field.size_within(height, width)
        steps.add_row(
            f"{marks[step.name]}{step.title}", step.notation, _shape(step.shape), *costs, _shape(field)
        )
    stdout_console().print(steps)


def _block_marks(chain: Chain) -> dict[str, str]:
    """Return the mark of each step: `| ` for each block with a shortcut around it, `+ ` for its end.

    Example:
        >>> from convscope.network.chain_builder import parse_chain
        >>> list(_block_marks(parse_chain("(1C3l)+", (1, 8, 8), 2)).values())
        ['', '| ', '+ ', '', '', '']
    """
    names = [step.name for step in chain]
    marks = dict.fromkeys(names, "")
    for step in reversed(chain.steps):
        if step.kind == "addition":
            start, end = names.index(step.inputs[1]) + 1, names.index(step.name)
            marks[step.name] += "+ "
            for name in names[start:end]:
                marks[name] = marks[step.name][:-2] + "| "
    return marks


def _shape(sides: tuple[int, ...]) -> str:
    return "x".join(map(str, sides))
