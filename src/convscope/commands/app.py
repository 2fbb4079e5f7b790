"""The command `convscope`, which combines all its subcommands."""

from typing import Annotated

import typer

from convscope.commands.verbs import MARKUP, SUMMARIES, Verbs

app = typer.Typer(
    name="convscope",
    cls=Verbs,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=MARKUP,
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
    """Train image classifiers on labelled pictures, and see how they work."""


def _run_by_its_module() -> None:
    """Create a placeholder for a command, whose module is imported when it runs."""


for name, summary in SUMMARIES.items():
    app.command(name, help=summary)(_run_by_its_module)
