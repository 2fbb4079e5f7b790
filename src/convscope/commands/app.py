"""All verbs put together. Each imports what it needs when it runs, so that `--help` answers at once."""

from collections.abc import Callable
from typing import Annotated, Any

import typer

from convscope.commands.compare import compare
from convscope.commands.doctor import doctor
from convscope.commands.evaluate import evaluate
from convscope.commands.explain import explain
from convscope.commands.export import export
from convscope.commands.filter import filter_
from convscope.commands.lesson import lesson
from convscope.commands.losses import losses
from convscope.commands.network import network
from convscope.commands.playground import playground
from convscope.commands.predict import predict
from convscope.commands.serve import serve
from convscope.commands.studio import studio_
from convscope.commands.train import train
from convscope.commands.typer_command import Command
from convscope.commands.verify import verify

_VERBS: tuple[Callable[..., Any], ...] = (
    doctor, train, evaluate, compare, verify, predict, serve, playground, studio_, export, explain, filter_,
    losses, lesson, network,
)  # fmt: skip

app = typer.Typer(
    name="convscope",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",  # which rewraps the lines of a docstring to the terminal
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


for verb in _VERBS:
    app.command(verb.__name__.rstrip("_"), cls=Command)(verb)
