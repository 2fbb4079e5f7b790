"""Where an explanation goes: into the file that was asked for, or into a new one that is opened."""

from __future__ import annotations

import tempfile
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from convscope.walkthrough.explanation import Explanation, Format


def save_or_open(explanation: Explanation, output: Path | None, form: Format | None) -> None:
    """Write to `output`; without one, write a page (or another form) to a new file, name it and open it."""
    if output is not None:
        explanation.save(output, form)
        return
    form = form or "html"
    path = Path(tempfile.mkdtemp(prefix="convscope-"), f"walk.{form}")
    explanation.save(path, form)
    typer.echo(path.as_uri())
    webbrowser.open(path.as_uri())
