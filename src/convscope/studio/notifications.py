"""Server-sent events that announce changes to all pages.

Each event holds the revisions of everything that may change; a page then requests what has changed. So a page
that was disconnected misses nothing, and one connection is enough for all tabs of a browser, which opens only
about six per host.

Source: https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from fastapi import APIRouter
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from convscope.studio.train.runs import Runs
    from convscope.studio.walk.edit_lists import EditLists
    from convscope.studio.workspace import Workspace

_POLL_SECONDS = 0.25
_KEEP_ALIVE_SECONDS = 15.0


class Revisions(BaseModel):
    """A text for everything that may change, which changes with it."""

    runs: dict[str, str] = Field(description="By the run's name.", examples=[{"pets": "running 4096"}])
    edits: dict[str, str] = Field(
        description="By the edited model's id.", examples=[{"9f86d081": "18c3f2a1"}]
    )


def notification_routes(workspace: Workspace, runs: Runs, edits: EditLists) -> APIRouter:
    """Create the routes."""
    router = APIRouter(tags=["notifications"])

    def revisions() -> Revisions:
        return Revisions(runs=runs.revisions(), edits=edits.revisions())

    @router.get("/api/revisions", response_class=StreamingResponse)
    async def follow() -> StreamingResponse:
        """The revisions, now and whenever they change, as server-sent events."""
        frames = announce(revisions, workspace.closing.is_set)
        return StreamingResponse(frames, media_type="text/event-stream")

    return router


async def announce(
    revisions: Callable[[], BaseModel], is_closing: Callable[[], bool]
) -> AsyncGenerator[bytes]:
    """Yield the revisions immediately and whenever they change.

    Args:
        revisions: Returns the current revisions.
        is_closing: Whether the server is about to end.
    """
    last = None
    sent_at = time.monotonic()
    while not is_closing():
        current = await asyncio.to_thread(revisions)
        if current != last:
            last, sent_at = current, time.monotonic()
            yield f"data: {current.model_dump_json()}\n\n".encode()
        elif time.monotonic() - sent_at > _KEEP_ALIVE_SECONDS:
            sent_at = time.monotonic()
            yield b": still here\n\n"
        await asyncio.sleep(_POLL_SECONDS)
