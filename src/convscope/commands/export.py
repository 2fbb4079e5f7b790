"""`convscope export`: a model as an ONNX file, or as a page that classifies offline."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer needs it
from typing import Annotated

import typer

from convscope.commands.output_option import say_written
from convscope.common.percent import percent
from convscope.errors import SettingError


def export(
    model: Annotated[str, typer.Argument(help="Model file or run folder.")],
    *,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="File to write.", show_default="next to the model"
        ),
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(
            metavar="DATA",
            help="Labelled pictures; the test part is used to check the file.",
            show_default=False,
        ),
    ] = None,
    quantised: Annotated[
        bool, typer.Option("--quantise", help="Use 8-bit integers (INT8 quantisation); needs --data.")
    ] = False,
    html: Annotated[
        bool,
        typer.Option("--html", help="Write a web page that classifies offline; default for FILE.html."),
    ] = False,
    licence: Annotated[
        str, typer.Option(help="The model's licence, stored in the file.", show_default="not stated")
    ] = "",
) -> None:
    """Export a model as an ONNX file that takes raw pictures and returns probabilities.

    With --html, or if FILE ends in .html, write a web page instead: a single file that classifies pictures
    and the camera's image offline, without a server.

    The file is only written if its answers agree with the model's. With --quantise they differ slightly: the
    loss of accuracy on the test pictures is printed, and if it is more than 5 percentage points, no file is
    written.
    """
    html = html or (output is not None and output.suffix == ".html")
    _check_options(data, quantised=quantised, html=html)

    from convscope.model import export as exporting
    from convscope.model.file import load, model_path, name_of_model

    source = model_path(model)
    path = output or source.with_suffix(".html" if html else ".8bit.onnx" if quantised else ".onnx")
    if path.resolve() == source.resolve():
        raise SettingError(f"{path} is the model itself", remedy="write to another file")
    trained = load(source)
    if quantised and data is not None:
        cost = exporting.export_quantised(trained, path, data, licence)
        typer.echo(f"accuracy      {percent(cost.accuracy_fraction, 2)} of {cost.pictures:,} test pictures")
        typer.echo(f"unquantised   {percent(cost.trained_accuracy_fraction, 2)}")
        typer.echo(f"changed       {cost.changed:,} answers")
        typer.echo(f"calibrated    on {cost.calibrated:,} training pictures")
        notes = cost.notes
    else:
        pictures, notes = ((), ()) if data is None else exporting.held_out(trained, data)
        if html:
            from convscope.offline.export import export_page

            found = export_page(trained, path, name_of_model(path), pictures, licence)
        else:
            found = exporting.export(trained, path, pictures, licence)
        generated = "" if data else ", all generated: use --data to check on real ones"
        typer.echo(f"checked on    {found.pictures:,} pictures{generated}")
        typer.echo(f"difference    at most {found.difference:.1e} in probability, on {found.worst}")
    for note in notes:
        typer.echo(f"note          {note}")
    say_written(path)


def _check_options(data: str | None, *, quantised: bool, html: bool) -> None:
    if quantised and data is None:
        raise SettingError(
            "--quantise needs pictures",
            why="the range of values in each layer is measured on training pictures (calibration)",
            remedy="add --data",
        )
    if quantised and html:
        raise SettingError(
            "--quantise and --html cannot be combined",
            why="a page stores its weights in a format of its own",
            remedy="leave one of them out",
        )
