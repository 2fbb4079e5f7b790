"""`convscope explain`: every step of a model for a picture, down to the arithmetic of each number."""

from __future__ import annotations

import difflib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from convscope.commands.output_option import Form, Output, check_output, save_or_open
from convscope.errors import SettingError

if TYPE_CHECKING:
    from convscope.walkthrough.document import Walk

_SMILEY = "smiley"


def explain(
    model: Annotated[
        str,
        typer.Argument(help="Model file, run folder, or 'smiley' for the built-in example."),
    ],
    picture: Annotated[
        str | None, typer.Argument(help="Picture file.", show_default="the smiley's own")
    ] = None,
    *,
    output: Output = None,
    truth: Annotated[
        str | None,
        typer.Option(
            metavar="CLASS", help="The picture's true class, if known; several labels as in 'red;round'."
        ),
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(help="Labelled pictures, to show the most similar ones and what neurons respond to."),
    ] = None,
    form: Form = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the numbers as JSON.")] = False,
) -> None:
    """Explain a prediction: show every step of a model on a picture.

    The page is a single file that works offline. With --data it also shows the most similar training
    pictures, and which classes the neurons of the last hidden layer respond to.
    """
    _check_arguments(model, picture)
    form = check_output(output, form)

    from convscope.walkthrough.explanation import Explanation

    explanation = Explanation(_walk(model, picture, truth, data))
    if as_json:
        typer.echo(explanation.to_json())
    if output is not None or not as_json:
        save_or_open(explanation, output, form, as_json=as_json)


def _is_smiley(model: str) -> bool:
    return model == _SMILEY and not Path(model).exists()


def _check_arguments(model: str, picture: str | None) -> None:
    if _is_smiley(model):
        return
    if not Path(model).exists():
        looks_like_smiley = difflib.get_close_matches(model.lower(), [_SMILEY])
        raise SettingError(
            f"there is no model {model}",
            why="it is neither a model file nor a run folder, nor the built-in smiley",
            remedy=f"convscope explain {_SMILEY}" if looks_like_smiley else "check the spelling",
        )
    if picture is None:
        raise SettingError("the picture is missing", remedy=f"convscope explain {model} PICTURE")


def _walk(model: str, picture: str | None, truth: str | None, data: str | None) -> Walk:
    from convscope.training.listeners.terminal import Terminal

    with Terminal(sys.stderr, task="computing every step") as terminal:
        from convscope.classifier import load
        from convscope.walkthrough.smiley import CENTRE_NOTE, WEIGHTS_NOTE, smiley_model, smiley_picture
        from convscope.walkthrough.walk import walk

        is_smiley = _is_smiley(model)
        notes = ((CENTRE_NOTE,) if picture is None else ()) + ((WEIGHTS_NOTE,) if is_smiley else ())
        classifier = None if is_smiley else load(model)
        return walk(
            classifier.model if classifier else smiley_model(),
            picture or smiley_picture(),
            model_name=Path(model).name,
            picture_name=picture or _SMILEY,
            truth=truth,
            data=data,
            names=classifier.names_of_known if classifier else {},
            notes=notes,
            progress=terminal.show_progress,
            gradients=True,
        )
