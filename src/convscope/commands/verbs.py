"""The commands of the command line. Only the module of the one that runs is imported, so help is fast."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from convscope.commands.typer_command import Command

MARKUP = "markdown"
"""Typer's mode that rewraps the lines of a docstring to the terminal."""
SUMMARIES = {
    "doctor": "Find problems in labelled pictures: broken files, duplicates, contradicting labels and more.",
    "train": "Train a classifier on labelled pictures.",
    "evaluate": "Evaluate a model on labelled pictures.",
    "compare": "Compare the accuracy of two models on the same labelled pictures.",
    "verify": "Check a model against its receipt, the record of the data and settings it was trained with.",
    "predict": "Predict the classes of pictures.",
    "serve": "Serve predictions over HTTP.",
    "playground": "Draw pictures and watch a small network classify them and learn, in the browser.",
    "studio": "Train, explore and edit models in the browser; everything stays on this machine.",
    "export": "Export a model as an ONNX file that takes raw pictures and returns probabilities.",
    "explain": "Explain a prediction: show every step of a model on a picture.",
    "filter": "Apply a filter to a picture and show the arithmetic of every number.",
    "losses": "Show why classifiers are trained with cross-entropy rather than squared error.",
    "lesson": "Write the lesson's questions to a printable page, without answers and then with them.",
    "network": "Show a network's steps with shapes, parameters, multiply-adds and receptive fields.",
}
"""The help of each command in one line, which is the first line of its docstring."""


class Verbs(TyperGroup):
    """The group of all commands, which are imported on demand."""

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401 - Typer's own
        """Return a command, ready to run."""
        return verb(cmd_name) if cmd_name in SUMMARIES else super().get_command(ctx, cmd_name)

    def format_help(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401 - Typer's own
        """Show the help, with one line per command."""
        summaries = TyperGroup(
            name=self.name,
            commands=dict(self.commands),
            help=self.help,
            params=self.params,
            rich_markup_mode=self.rich_markup_mode,
        )
        summaries.format_help(ctx, formatter)


@cache
def verb(name: str) -> Any:  # noqa: ANN401 - Typer's own type is private
    """Import a command's module and return its command, of type `Command`."""
    module = import_module(f"convscope.commands.{name}")
    function = getattr(module, name, None) or getattr(module, f"{name}_")
    alone = typer.Typer(add_completion=False, rich_markup_mode=MARKUP)
    alone.command(name, cls=Command)(function)
    return get_command(alone)
