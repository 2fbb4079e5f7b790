"""`convscope playground`: a page with a network that answers drawings, shows its steps, and learns."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from convscope.commands.output_option import write_text


def playground(
    *,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", metavar="FILE", help="File to write.", show_default="a new page, opened"
        ),
    ] = None,
) -> None:
    """Draw, and watch a small network answer, and learn, in the browser.

    The page is one file that works offline: for a class, mail it or put it on any web server.
    """
    import tempfile
    import webbrowser

    from convscope.playground.page import page, shapes_drawings, shapes_network

    text = page(shapes_network(), shapes_drawings())
    if output is not None:
        write_text(output, text)
        return
    path = Path(tempfile.mkdtemp(prefix="convscope-"), "playground.html")
    path.write_text(text, encoding="utf-8")
    typer.echo(path.as_uri())
    webbrowser.open(path.as_uri())
