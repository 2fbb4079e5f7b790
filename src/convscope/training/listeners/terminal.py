"""Progress and results of training, on a terminal and in a pipe.

On a terminal: a header, one live line, a short table. In a pipe, the live line is replaced by one plain line
per epoch. Only the live line is truncated to the width of the terminal. The terminal wraps all other lines
itself, so that commands and paths stay complete and can be copied.
"""

import shlex
import time
from collections.abc import Callable, Iterable
from typing import Self, TextIO

from rich.console import Console
from rich.live import Live
from rich.text import Text

from convscope.common.percent import percent
from convscope.common.printable import printable
from convscope.training.events import (
    EpochDone,
    Event,
    Finished,
    Note,
    Preparing,
    Started,
    StepDone,
    Stopped,
)

_REFRESH_SECONDS = 0.1
_PIPED_REFRESH_SECONDS = 10.0
_BAR_WIDTH = 24
# dropped in this order on a narrow terminal
_EXPENDABLE = ("speed", "validation", "loss", "accuracy", "left")


class Terminal:
    """A listener that displays training; a context manager, so that the cursor is always restored.

    Args:
        stream: The output: a live line if it is a terminal that can move its cursor, otherwise plain lines.
        task: The task before the first event, such as `reading pets`, shown in the live line.
        keeps_run: Whether the run folder is kept, so that its name is printed at the end.
        clock: A monotonic clock, in seconds.
    """

    def __init__(
        self,
        stream: TextIO,
        *,
        task: str = "",
        keeps_run: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        # no markup: a class may be named [red]
        self._console = Console(
            file=stream, force_terminal=stream.isatty(), markup=False, highlight=False, emoji=False
        )
        self._live = Live(console=self._console, auto_refresh=False, transient=True)
        self._is_live = self._console.is_interactive
        self._clock = clock
        self._next_refresh = clock() + (0 if self._is_live else _PIPED_REFRESH_SECONDS)
        self._validation: float | None = None
        self._task = printable(task)
        self._keeps_run = keeps_run

    def __enter__(self) -> Self:
        if self._is_live:
            self._live.start()
            self._live.update(Text(self._task, no_wrap=True, overflow="crop"), refresh=True)
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def __call__(self, event: Event) -> None:
        """Display a training event."""
        match event:
            case Preparing():
                self._show_preparing(event)
            case Started():
                self._print_table(event.plan)
                self._print()
            case StepDone():
                self._show_step(event)
            case EpochDone():
                self._show_epoch(event)
            case Note():
                self._print_table([("note", event.text)])
            case Finished():
                self._show_finished(event)
            case Stopped():
                self._show_stopped(event)

    def print_task(self) -> None:
        """Print the current task in a pipe, which has no live line."""
        if not self._is_live:
            self._print(self._task)

    def show_progress(self, done: int, total: int) -> None:
        """Display the number of prepared pictures."""
        self(Preparing(done, total))

    def _show_preparing(self, event: Preparing) -> None:
        if self._is_due():
            text = f"{event.task} {event.done:,} of {event.total:,} pictures"
            if self._is_live:
                self._update({"preparing": text}, event.done / max(event.total, 1))
            else:
                self._print(text)

    def _show_step(self, event: StepDone) -> None:
        if self._is_live and self._is_due():
            done_fraction = (event.epoch - 1 + event.step / event.steps) / event.epochs
            self._update(_pieces(event, event.loss, event.accuracy_fraction, self._validation), done_fraction)

    def _show_epoch(self, event: EpochDone) -> None:
        self._validation = event.validation_accuracy_fraction
        if not self._is_live:
            pieces = _pieces(event, event.train_loss, event.train_accuracy_fraction, self._validation)
            self._print("  ".join(pieces.values()))

    def _show_finished(self, event: Finished) -> None:
        look_further = f"convscope predict {shlex.quote(str(event.model))} PICTURE"
        took = _duration(event.elapsed_seconds)
        written = [("written", f"{event.run} after {took}"), ("look further", look_further)]
        self._end([*event.summary, *(written if self._keeps_run else [("took", took)])])

    def _show_stopped(self, event: Stopped) -> None:
        go_on = f"convscope train --resume {shlex.quote(str(event.run))}"
        where = f"after {event.epoch} of {event.epochs} epochs" if event.epochs else "before the first epoch"
        self._end([("stopped", where), *([("go on with", go_on)] if self._keeps_run else [])])

    def _is_due(self) -> bool:
        now = self._clock()
        if now < self._next_refresh:
            return False
        self._next_refresh = now + (_REFRESH_SECONDS if self._is_live else _PIPED_REFRESH_SECONDS)
        return True

    def _update(self, pieces: dict[str, str], done_fraction: float) -> None:
        line = _live_line(
            pieces, done_fraction, self._console.width, ascii_only=self._console.options.ascii_only
        )
        self._live.update(line, refresh=True)

    def _end(self, rows: Iterable[tuple[str, str]]) -> None:
        self._live.stop()
        self._print()
        self._print_table(rows)

    def _print_table(self, rows: Iterable[tuple[str, str]]) -> None:
        rows = [(printable(title), printable(text)) for title, text in rows]
        width = max((len(title) for title, _ in rows), default=0)
        for title, text in rows:
            self._print(Text.assemble((f"{title:{width}}  ", "dim"), text))

    def _print(self, line: str | Text = "") -> None:
        self._console.print(line, soft_wrap=True)


def _pieces(
    event: StepDone | EpochDone, loss: float, accuracy: float, validation: float | None
) -> dict[str, str]:
    pieces = {
        "epoch": f"epoch {event.epoch}/{event.epochs}",
        "loss": f"loss {loss:.3f}",
        "accuracy": f"accuracy {percent(accuracy)}",
    }
    if validation is not None:
        pieces["validation"] = f"validation {percent(validation)}"
    pieces["speed"] = f"{event.pictures_per_second:,.0f} pictures/s"
    if event.remaining_seconds is not None:
        pieces["left"] = f"{_duration(event.remaining_seconds)} left"
    return pieces


def _live_line(pieces: dict[str, str], done_fraction: float, width: int, *, ascii_only: bool) -> Text:
    """Return the parts that fit into `width` columns, after a progress bar in the remaining space."""
    kept = dict(pieces)
    for name in _EXPENDABLE:
        if len("  ".join(kept.values())) > width:
            kept.pop(name, None)
    text = "  ".join(kept.values())
    bar_width = min(_BAR_WIDTH, width - len(text) - 2)
    if bar_width < _BAR_WIDTH // 3:
        return Text(text, no_wrap=True, overflow="crop")
    mark, done = "-" if ascii_only else "━", round(bar_width * done_fraction)
    bar = ((mark * done, "blue"), ((" " if ascii_only else mark) * (bar_width - done), "bright_black"))
    return Text.assemble(*bar, "  ", text, no_wrap=True, overflow="crop")


def _duration(seconds: float) -> str:
    """Return minutes and seconds: 62.4 s is 1:02, and an hour more is 1:01:02."""
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"
