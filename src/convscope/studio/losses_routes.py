"""Losses: the loss bench, trained once by `convscope losses` in a process of its own, and kept."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from convscope.studio.errands import Errands, State
from convscope.walkthrough.loss_table import table

if TYPE_CHECKING:
    from convscope.studio.opened import Studio

_NAME = "losses"


class LossBench(BaseModel):
    """The loss bench, as far as it is trained."""

    state: State
    said: str = Field(description="What training said on its way, or why it failed.")
    table: dict[str, Any] = Field(description="The part of it that needs no training.")
    bench: dict[str, Any] | None = Field(
        description="What docs/reference/losses.md describes, once it is done."
    )


def losses_routes(studio: Studio) -> APIRouter:
    """Put the addresses together."""
    errands = Errands(studio.home.errands)
    router = APIRouter(tags=["losses"], lifespan=errands.running)

    @router.get("/api/losses")
    def look() -> LossBench:
        """The loss bench, if it was trained before."""
        errand = errands.look(_NAME)
        bench = json.loads(errand.printed) if errand.printed else None
        return LossBench(state=errand.state, said=errand.said, table=table(), bench=bench)

    @router.post("/api/losses")
    def start() -> LossBench:
        """Train the loss bench, unless that is under way or done."""
        errands.start(_NAME, "losses", "--json")
        return look()

    return router
