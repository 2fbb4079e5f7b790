"""Options that several commands share, for the part of a data set and for output files."""

from __future__ import annotations

import csv
import io
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Sequence

    from convscope.walkthrough.explanation import Explanation, Format

Output = Annotated[
    Path | None,
    typer.Option("-o", "--output", metavar="FILE", help="File to write.", show_default="a new page, opened"),
]
Form = Annotated[
    Literal["html", "json", "png", "pdf"] | None,
    typer.Option(
        "--format",
        help="Interactive page, its numbers, or a figure.",
        show_default="by the ending of FILE, or html",
    ),
]
Part = Annotated[
    Literal["test", "validation", "train", "all"], typer.Option(help="Part of the data set to use.")
]
CsvFile = Annotated[
    Path | None,
    typer.Option("--csv", metavar="FILE", help="Write CSV with one row per picture.", show_default=False),
]


def check_output(output: Path | None, form: Format | None) -> Format | None:
    """Return the output format; unknown file name extensions are refused before the work.

    Raises:
        SettingError: Neither the file name nor `form` determines the format.
    """
    from convscope.walkthrough.explanation import format_of

    return form if output is None else form or format_of(output)


def save_or_open(
    explanation: Explanation, output: Path | None, form: Format | None, *, as_json: bool = False
) -> None:
    """Write to `output`; without it, write a new page (or another form) and open it in the browser."""
    if output is not None:
        explanation.save(output, form)
        say_written(output, to_stderr=as_json)
        return
    form = form or "html"
    with _opened_when_written(f"walk.{form}") as path:
        explanation.save(path, form)


def write_or_open(page: str, output: Path | None, name: str) -> None:
    """Write a page to `output`; without it, write a new file of that name and open it in the browser."""
    if output is not None:
        write_text(output, page)
        return
    with _opened_when_written(name) as path:
        path.write_text(page, encoding="utf-8")


@contextmanager
def _opened_when_written(name: str) -> Generator[Path]:
    import tempfile
    import webbrowser

    path = Path(tempfile.mkdtemp(prefix="convscope-"), name)
    yield path
    typer.echo(path.as_uri())
    webbrowser.open(path.as_uri())


def say_written(path: Path, *, to_stderr: bool = False) -> None:
    """Report a written file; on standard error if standard output is for a program."""
    typer.echo(f"written {path}, {path.stat().st_size:,} bytes", err=to_stderr)


def write_csv(path: Path, rows: Iterable[Sequence[object]], *, to_stderr: bool = False) -> None:
    """Write rows to a file, the first one with the names of the columns, and print that."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    write_text(path, text.getvalue(), to_stderr=to_stderr)


def write_text(path: Path, text: str, *, to_stderr: bool = False) -> None:
    """Write a text file atomically, and report it.

    Raises:
        ConvscopeError: The file cannot be written.
    """
    from convscope.common.atomic import replacing

    with replacing(path) as file:
        file.write(text.encode())
    say_written(path, to_stderr=to_stderr)
