"""What all pages follow: where everything stands that may change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from convscope.studio.changes import changes

if TYPE_CHECKING:
    from convscope.studio.opened import Studio


class Standing(BaseModel):
    """Where everything stands that may change. All that a text says is whether it is another."""

    runs: dict[str, str] = Field(
        description="A text for every run, by its name.", examples=[{"pets": "running 4096"}]
    )
    edits: dict[str, str] = Field(
        description="A text for every model that was changed, by its id.", examples=[{"9f86d081": "18c3f2a1"}]
    )


def change_routes(studio: Studio) -> APIRouter:
    """Put the addresses together."""
    router = APIRouter(tags=["changes"])

    def look() -> Standing:
        return Standing(runs=studio.runs.standing(), edits=studio.edits.standing())

    @router.get("/api/changes", response_class=StreamingResponse)
    async def follow() -> StreamingResponse:
        """Where everything stands, now and whenever that changes, as server-sent events."""
        return StreamingResponse(changes(look, studio.closing.is_set), media_type="text/event-stream")

    return router
