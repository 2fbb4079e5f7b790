"""`convscope lesson`: the lesson's questions for a class, to print."""

from pathlib import Path
from typing import Annotated

import typer

from convscope.errors import SettingError

_NAME = "lesson.html"


def lesson(
    *,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", metavar="FILE", help="Page to write (.html).", show_default="a new page, opened"
        ),
    ] = None,
) -> None:
    """Write the lesson's questions as a page to print: first without answers, for a class, then with them.

    They are about the network that comes with convscope and one drawing. The lesson itself, where answers are
    checked, is in the studio: `convscope studio`.
    """
    if output is not None and output.suffix.lower() not in {".html", ".htm"}:
        raise SettingError(
            f"cannot write the lesson as {output}",
            why="it is a web page",
            remedy="choose a name that ends in .html",
        )
    import tempfile
    import webbrowser

    from convscope.commands.output_option import write_text
    from convscope.studio.lesson.material import own_material
    from convscope.studio.lesson.sheet import sheet

    path = output or Path(tempfile.mkdtemp(prefix="convscope-"), _NAME)
    write_text(path, sheet(own_material()))
    if output is None:
        webbrowser.open(path.as_uri())
