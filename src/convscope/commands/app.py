"""The verbs put together. Each verb imports what it needs when it runs, so that `--help` answers at once."""

from typing import Annotated

import typer

from convscope.commands import (
    compare,
    doctor,
    evaluate,
    explain,
    export,
    losses,
    network,
    predict,
    serve,
    train,
    verify,
)
from convscope.commands.filter import filter_
from convscope.commands.studio import studio_

app = typer.Typer(
    name="convscope",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",  # which fills lines anew, however long they are in the docstring
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:  # noqa: FBT001 (the signature is typer's)
    if wanted:
        from importlib.metadata import version

        typer.echo(f"convscope {version('convscope')}")
        raise typer.Exit


@app.callback()
def convscope(
    *,
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit."),
    ] = False,
) -> None:
    """Train image classifiers from pictures and see through them."""


app.command()(doctor.doctor)
app.command()(train.train)
app.command()(evaluate.evaluate)
app.command()(compare.compare)
app.command()(verify.verify)
app.command()(predict.predict)
app.command()(serve.serve)
app.command("studio")(studio_)
app.command()(export.export)
app.command()(explain.explain)
app.command("filter")(filter_)
app.command()(losses.losses)
app.command()(network.network)
