"""`convscope export`: a model as one file for every other program, or for a browser."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from convscope.errors import SettingError


def export(
    model: Annotated[str, typer.Argument(help="The model file, model.safetensors in a run's folder.")],
    *,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Where to.", show_default="beside the model"),
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(
            metavar="DATA", help="Labelled pictures: compare on their test part.", show_default=False
        ),
    ] = None,
    quantised: Annotated[
        bool, typer.Option("--quantise", help="Store weights and values with 8 bits; needs --data.")
    ] = False,
    html: Annotated[
        bool,
        typer.Option(
            "--html", help="Write a page that classifies in a browser, offline; so does a FILE.html."
        ),
    ] = False,
    licence: Annotated[
        str, typer.Option(help="The terms the model may be used under.", show_default="not stated")
    ] = "",
) -> None:
    """Write a model as an ONNX file that takes raw pictures and gives probabilities.

    With --html, or where FILE ends so, it becomes a page instead: one file that classifies pictures and what
    the camera sees, without a server and without the internet.

    Nothing is written unless the file answers as the model does. With --quantise it answers a little
    differently: what that costs in accuracy on the test pictures is measured and printed.
    """
    from convscope.model import export as exporting
    from convscope.model.file import load, name_of_model

    html = html or (output is not None and output.suffix == ".html")
    if quantised and data is None:
        raise SettingError(
            "--quantise needs pictures",
            why="the range of the values between the steps is measured on training pictures",
            remedy="give --data",
        )
    if quantised and html:
        raise SettingError(
            "--quantise and --html do not go together",
            why="a page carries its weights in its own way",
            remedy="leave one of them out",
        )
    suffix = ".html" if html else ".8bit.onnx" if quantised else ".onnx"
    path = output or Path(model).with_suffix(suffix)
    if path.resolve() == Path(model).resolve():
        raise SettingError(f"{path} is the model itself", remedy="write to another file")
    trained = load(model)
    if quantised and data is not None:
        cost = exporting.export_quantised(trained, path, data, licence)
        typer.echo(f"accuracy      {_percent(cost.accuracy_fraction)} of {cost.pictures:,} test pictures")
        typer.echo(f"as trained    {_percent(cost.trained_accuracy_fraction)}")
        typer.echo(f"differently   {cost.changed:,} of them answered")
    else:
        pictures = () if data is None else exporting.held_out(trained, data)
        if html:
            from convscope.offline.export import export_page

            found = export_page(trained, path, name_of_model(path), pictures, licence)
        else:
            found = exporting.export(trained, path, pictures, licence)
        made_up = "" if data else ", all made up: give --data for real ones"
        typer.echo(f"compared on   {found.pictures:,} pictures{made_up}")
        typer.echo(f"difference    {found.difference:.1e} in probability at most, on {found.worst}")
    typer.echo(f"written       {path}, {path.stat().st_size:,} bytes")


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %"
