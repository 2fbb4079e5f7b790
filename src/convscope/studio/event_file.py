"""Read an event log while a process may be writing it: `convscope.training.listeners.event_log`."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from convscope.common import strict_json

if TYPE_CHECKING:
    from pathlib import Path

Event = dict[str, Any]
_TAIL_BYTES = 16_384


class EventFile:
    """An event log, and the position up to which it was read.

    Args:
        path: The file, which may not exist yet.
        position: Initial position, in bytes.

    Attributes:
        position: Position up to which it was read.
    """

    def __init__(self, path: Path, position: int = 0) -> None:
        self._path = path
        self.position = position

    def read(self) -> list[Event]:
        """Return the events written since the last call."""
        try:
            with self._path.open("rb") as file:
                file.seek(self.position)
                data = file.read()
        except OSError:
            return []
        events, length = parse(data)
        self.position += length
        return events


def last_event(path: Path) -> Event | None:
    """Return the last event of a file; None if there is none."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _TAIL_BYTES))
            events, _ = parse(file.read())
    except OSError:
        return None
    return events[-1] if events else None


def parse(data: bytes) -> tuple[list[Event], int]:
    r"""Return the events of all complete lines, and the length of these lines; invalid lines are skipped.

    Example:
        >>> parse(b'{"event": "Noted"}\n{"ev\n{"event": "Stopped"}\n{"event"')
        ([{'event': 'Noted'}, {'event': 'Stopped'}], 45)
    """
    whole = data[: data.rfind(b"\n") + 1]
    events: list[Event] = []
    for line in whole.splitlines():
        try:
            event = strict_json.parse(line)
            json.dumps(event, ensure_ascii=False).encode()  # a lone surrogate cannot be sent to the browser
        except ValueError:
            continue
        if isinstance(event, dict) and isinstance(event.get("event"), str):
            events.append(event)
    return events, len(whole)
