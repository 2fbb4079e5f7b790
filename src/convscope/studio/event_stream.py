"""What happens in a run, told as it happens: server-sent events.

Each event of the run's file carries as its id the place behind it, so that a browser that was cut off gets,
by the `Last-Event-ID` it sends, all that it missed and nothing twice. Besides them come, without an id,
`state` (where the run stands) and `forecast`, each when it changes, and `gone` once the run is removed.

Source: https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from convscope.errors import RequestError
from convscope.studio.event_file import EventFile
from convscope.studio.forecast import forecast

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from convscope.studio.runs import Runs

_LOOK_SECONDS = 0.25
_SILENCE_SECONDS = 15.0


async def event_stream(
    runs: Runs, name: str, after: int, is_closing: Callable[[], bool]
) -> AsyncGenerator[bytes]:
    """Tell what happens in a run, from the beginning or from where somebody was, for as long as they listen.

    Args:
        runs: The runs.
        name: Of the run.
        after: The id of the last event they know; 0: none.
        is_closing: Whether the server is about to end.
    """
    follower = _Follower(runs, name, after)
    spoken = time.monotonic()
    while not is_closing():
        try:
            frames = await asyncio.to_thread(follower.news)
        except RequestError:
            yield _frame("gone", {})
            return
        if frames:
            spoken = time.monotonic()
            yield b"".join(frames)
        elif time.monotonic() - spoken > _SILENCE_SECONDS:
            spoken = time.monotonic()
            yield b": still here\n\n"
        await asyncio.sleep(_LOOK_SECONDS)


class _Follower:
    """Reads on in the file of a run's events."""

    def __init__(self, runs: Runs, name: str, after: int) -> None:
        self._runs = runs
        self._name = name
        self._file = EventFile(runs.events_path(name))
        self._after = after
        self._accuracies: dict[int, float | None] = {}
        self._epochs = 0
        self._told: dict[str, Any] = {}

    def news(self) -> list[bytes]:
        """What has happened since the last call, as frames; a RequestError if the run is gone."""
        state = self._runs.look(self._name)  # before the events: what follows them is told after them
        frames = self._events()
        frames += self._changed("state", state.model_dump())
        accuracies = [self._accuracies.get(epoch) for epoch in range(1, len(self._accuracies) + 1)]
        known = [one for one in accuracies if one is not None]
        found = forecast(known, self._epochs) if len(known) == len(accuracies) < self._epochs else None
        return frames + self._changed("forecast", {"epochs": self._epochs, **asdict(found)} if found else {})

    def _events(self) -> list[bytes]:
        events = self._file.news()
        for _, event in events:
            if event["event"] == "EpochDone":
                self._note(event)
        return [_frame("message", event, place) for place, event in events if place > self._after]

    def _note(self, event: dict[str, Any]) -> None:
        """A resumed run repeats the epochs after its last checkpoint."""
        epoch = event["epoch"]
        self._accuracies = {one: known for one, known in self._accuracies.items() if one < epoch}
        self._accuracies[epoch] = event["validation_accuracy_fraction"]
        self._epochs = event["epochs"]

    def _changed(self, kind: str, content: dict[str, Any]) -> list[bytes]:
        if self._told.get(kind, {}) == content:
            return []
        self._told[kind] = content
        return [_frame(kind, content)]


def _frame(kind: str, content: dict[str, Any], place: int | None = None) -> bytes:
    head = f"event: {kind}\n" if kind != "message" else ""
    mark = f"id: {place}\n" if place is not None else ""
    return f"{head}{mark}data: {json.dumps(content)}\n\n".encode()
