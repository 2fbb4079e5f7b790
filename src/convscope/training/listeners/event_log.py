"""A listener that appends each event to a file as a line of JSON: a run's `events.jsonl`.

    {"event": "Opened", "time": 1764032400.0, "process": 4711}
    {"event": "EpochDone", "time": 1764032401.5, "epoch": 1, ...}

A reader that continues from its last position gets all events, even after a restart of either side: a resumed
run appends to the same file. `Opened` is written when a process has locked the folder, and holds its id.
Steps and progress are written at most twice a second, all other events at once.
"""

from __future__ import annotations

import json
import math
import os
import time
from dataclasses import asdict
from typing import IO, TYPE_CHECKING

from convscope.common.printable import printable
from convscope.errors import ConvscopeError
from convscope.training.events import Event, Preparing, StepDone

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_SECONDS_BETWEEN = 0.5


class EventLog:
    """Writes each event as a line.

    Args:
        path: The file, in a folder that only this process uses.
        clock: A monotonic clock, in seconds.

    Raises:
        ConvscopeError: The file cannot be written.
    """

    def __init__(self, path: Path, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._clock = clock
        self._next_time = clock()
        self._write("Opened", {"process": os.getpid()})

    def __call__(self, event: Event) -> None:
        """Write an event; skip steps and progress if another event was written just before.

        Raises:
            ConvscopeError: The file cannot be written.
        """
        if isinstance(event, StepDone | Preparing):
            if self._clock() < self._next_time:
                return
            self._next_time = self._clock() + _SECONDS_BETWEEN
        self._write(type(event).__name__, asdict(event))

    def _write(self, name: str, fields: dict[str, object]) -> None:
        record = {"event": name, "time": time.time(), **{key: _plain(value) for key, value in fields.items()}}
        line = json.dumps(record, default=_printable_path).encode() + b"\n"
        try:
            with self._path.open("ab+") as file:
                if file.tell() and not _ends_line(file):
                    line = b"\n" + line  # a process was killed while writing
                file.write(line)
        except OSError as error:
            raise ConvscopeError(
                f"cannot write {self._path}", why=error.strerror or str(error), remedy="free some disk space"
            ) from error


def _ends_line(file: IO[bytes]) -> bool:
    file.seek(-1, os.SEEK_END)
    return file.read(1) == b"\n"


def _printable_path(path: object) -> str:
    return printable(str(path))


def _plain(value: object) -> object:
    """Replace infinity and NaN, which JSON does not have."""
    return None if isinstance(value, float) and not math.isfinite(value) else value
