"""Where an explanation goes: into the file that was asked for, or into a new one that is opened."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from convscope.walkthrough.explanation import Explanation, Format

Output = Annotated[
    Path | None,
    typer.Option("-o", "--output", metavar="FILE", help="Where to write.", show_default="a new file, opened"),
]
Form = Annotated[
    Literal["html", "json", "png", "pdf"] | None,
    typer.Option(
        "--format",
        help="A page to explore, its numbers, or a figure.",
        show_default="as FILE ends, or html",
    ),
]


def settled(output: Path | None, form: Format | None) -> Format | None:
    """Say what will be written, so that a name that tells nothing is refused before the work.

    Raises:
        SettingError: The name of the file does not say, and nothing else does.
    """
    from convscope.walkthrough.explanation import format_of

    return form if output is None else form or format_of(output)


def save_or_open(explanation: Explanation, output: Path | None, form: Format | None) -> None:
    """Write to `output`; without one, write a page (or another form) to a new file, name it and open it."""
    import tempfile
    import webbrowser

    if output is not None:
        explanation.save(output, form)
        return
    form = form or "html"
    path = Path(tempfile.mkdtemp(prefix="convscope-"), f"walk.{form}")
    explanation.save(path, form)
    typer.echo(path.as_uri())
    webbrowser.open(path.as_uri())
