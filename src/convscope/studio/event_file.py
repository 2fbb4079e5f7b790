"""Reading on in a file of events that a process may be writing: `convscope.training.listeners.event_log`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from convscope.common import strict_json

if TYPE_CHECKING:
    from pathlib import Path

Event = tuple[int, dict[str, Any]]


class EventFile:
    """Such a file, and how far it was read.

    Args:
        path: It need not exist yet.
        place: Where to begin.

    Attributes:
        place: How far it was read.
    """

    def __init__(self, path: Path, place: int = 0) -> None:
        self._path = path
        self.place = place

    def news(self) -> list[Event]:
        """What was written since the last call: each event with the place behind it in the file."""
        try:
            with self._path.open("rb") as file:
                file.seek(self.place)
                found = events_of(file.read(), self.place)
        except OSError:
            return []
        if found:
            self.place = found[-1][0]
        return found


def events_of(data: bytes, start: int = 0) -> list[Event]:
    r"""Read whole lines of events, each with the place behind it; what is no event is passed over.

    Args:
        data: The bytes.
        start: Their place in the file.

    Example:
        >>> events_of(b'{"event": "Note"}\n{"ev\n{"event": "Stopped"}\n{"event"')
        [(19, {'event': 'Note'}), (45, {'event': 'Stopped'})]
    """
    found: list[Event] = []
    place = start
    for line in data.splitlines(keepends=True):
        place += len(line)
        if not line.endswith(b"\n"):
            break
        try:
            event = strict_json.parse(line)
            json.dumps(event, ensure_ascii=False).encode()  # a lone surrogate cannot be told on
        except ValueError:
            continue
        if isinstance(event, dict) and isinstance(event.get("event"), str):
            found.append((place, event))
    return found
