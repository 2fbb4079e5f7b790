"""Losses: the loss bench, trained once by `convscope losses` in its own process, and stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from convscope.studio.jobs import JobState  # noqa: TC001 - FastAPI looks it up
from convscope.walkthrough.loss_table import table

if TYPE_CHECKING:
    from convscope.studio.workspace import Workspace

_JOB = "losses"


class LossBench(BaseModel):
    """The loss bench, as far as it has been trained."""

    state: JobState
    error: str = Field(description="Why training failed, if it did.")
    table: dict[str, Any] = Field(description="The part that needs no training.")
    bench: dict[str, Any] | None = Field(
        description="What docs/reference/losses.md describes, once it is done."
    )


def losses_routes(workspace: Workspace) -> APIRouter:
    """Create the routes."""
    router = APIRouter(tags=["losses"])
    jobs = workspace.jobs

    @router.get("/api/losses")
    def read() -> LossBench:
        """The loss bench, if it was trained before."""
        job = jobs.look(_JOB)
        return LossBench(state=job.state, error=job.error, table=table(), bench=job.output)

    @router.post("/api/losses")
    def train() -> LossBench:
        """Train the loss bench, unless that is running or done."""
        if jobs.look(_JOB).state != "done":
            jobs.start(_JOB, "losses", "--json")
        return read()

    return router
