"""`convscope explain`: a picture's way through a model, down to the arithmetic of each number."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from convscope.commands.output_option import Form, Output, save_or_open, settled
from convscope.errors import SettingError

if TYPE_CHECKING:
    from convscope.walkthrough.document import Walk

_SMILEY = "smiley"


def explain(
    model: Annotated[
        str,
        typer.Argument(help="The model file, or the built-in 'smiley', the example of countless courses."),
    ],
    picture: Annotated[
        str | None, typer.Argument(help="The picture's file.", show_default="the smiley's own")
    ] = None,
    *,
    output: Output = None,
    truth: Annotated[
        str | None, typer.Option(metavar="CLASS", help="The class that the picture is truly of.")
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(help="Labelled pictures, to find the most alike and what neurons answer to."),
    ] = None,
    form: Form = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the numbers as JSON.")] = False,
) -> None:
    """Show every step of a model on a picture.

    The page needs no network and no other file. With --data it also shows the training pictures that are most
    alike, and which classes the last neurons answer to.
    """
    from convscope.walkthrough.explanation import Explanation

    form = settled(output, form)
    explanation = Explanation(_walk(model, picture, truth, data))
    if as_json:
        typer.echo(explanation.to_json())
    if output is not None or not as_json:
        save_or_open(explanation, output, form)


def _walk(model: str, picture: str | None, truth: str | None, data: str | None) -> Walk:
    from convscope.commands.terminal import Terminal
    from convscope.model.file import load
    from convscope.training.events import Preparing
    from convscope.walkthrough.smiley import CENTRE_NOTE, WEIGHTS_NOTE, smiley_model, smiley_picture
    from convscope.walkthrough.walk import walk

    is_smiley = model == _SMILEY and not Path(model).exists()
    if picture is None and not is_smiley:
        raise SettingError(
            f"there is no picture to take through {model}", remedy=f"convscope explain {model} PICTURE"
        )
    notes = ((CENTRE_NOTE,) if picture is None else ()) + ((WEIGHTS_NOTE,) if is_smiley else ())
    with Terminal(sys.stderr) as terminal:
        return walk(
            smiley_model() if is_smiley else load(model),
            picture or smiley_picture(),
            model_name=Path(model).name,
            picture_name=picture or _SMILEY,
            truth=truth,
            data=data,
            notes=notes,
            progress=lambda done, total: terminal(Preparing(done, total)),
        )
