"""Tables for terminals and pipes."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_UNLIMITED = 10_000
"""Width in columns: nothing is wrapped or truncated here, because the terminal wraps itself."""


def stdout_console() -> Console:
    """Return a console for standard output without markup: a class may be named [red]."""
    return Console(
        file=sys.stdout, width=_UNLIMITED, markup=False, highlight=False, emoji=False, soft_wrap=True
    )


def table(text_columns: Sequence[str], number_columns: Sequence[str], *, totals: Sequence[str] = ()) -> Table:
    """Return an empty table: columns of text, then columns of numbers, with a row of totals if given."""
    made = Table(box=box.SIMPLE_HEAD, show_edge=False, show_footer=bool(totals), padding=(0, 1, 0, 0))
    for index, title in enumerate((*text_columns, *number_columns)):
        made.add_column(
            title,
            totals[index] if totals else "",
            justify="left" if index < len(text_columns) else "right",
            no_wrap=True,
        )
    return made


def print_lines(console: Console, lines: Iterable[tuple[str, str]], width: int) -> None:
    """Print titles and texts in two columns."""
    for title, text in lines:
        console.print(f"{title:{width}}{text}")
