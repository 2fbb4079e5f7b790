"""Tables of figures, on a terminal and in a pipe."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

_ENDLESS = 10_000  # columns: nothing is wrapped or cut, a terminal wraps by itself


def out() -> Console:
    """Standard output, where nothing is markup: a class may be called [red]."""
    return Console(
        file=sys.stdout, width=_ENDLESS, markup=False, highlight=False, emoji=False, soft_wrap=True
    )


def table(words: Sequence[str], numbers: Sequence[str], *, totals: Sequence[str] = ()) -> Table:
    """An empty table: columns of words, then columns of numbers, and their totals below if given."""
    made = Table(box=box.SIMPLE_HEAD, show_edge=False, show_footer=bool(totals), padding=(0, 1, 0, 0))
    for place, title in enumerate((*words, *numbers)):
        made.add_column(
            title,
            totals[place] if totals else "",
            justify="left" if place < len(words) else "right",
            no_wrap=True,
        )
    return made
