"""Training: the cost of a network; start, follow, pause and resume runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from convscope.network.chain_builder import parse_chain
from convscope.network.notation import MAX_UNITS, parse_shape
from convscope.network.presets import PRESETS
from convscope.network.summary import summary
from convscope.studio.ids import RunName  # noqa: TC001 - FastAPI looks it up
from convscope.studio.studio_folder import checked_name
from convscope.studio.train.runs import Run, RunEvents  # noqa: TC001 - FastAPI looks them up
from convscope.studio.train.snapshot_routes import snapshot_routes
from convscope.training.settings import Settings

if TYPE_CHECKING:
    from convscope.studio.train.runs import Runs
    from convscope.studio.workspace import Workspace


class NetworkStep(BaseModel):
    """One step of a network, from the image to softmax."""

    step: str = Field(examples=["convolution"])
    notation: str = Field(
        description="The part of the notation it comes from; empty if none does.", examples=["32C3"]
    )
    shape: list[int] = Field(description="Of its output, channels first.", examples=[[32, 28, 28]])
    parameters: int
    multiply_adds: int = Field(description="For one picture.")
    receptive_field: tuple[int, int] = Field(description="Height and width, in pixels of the image.")


class Network(BaseModel):
    """A network, step by step."""

    notation: str = Field(description="In its normal form.")
    steps: list[NetworkStep]


class NewRun(BaseModel):
    """A run to start; settings that are not given are chosen from the pictures."""

    data: str = Field(description="The data's id.", max_length=16)
    name: str | None = Field(None, description="The run's name; by default the data's.", max_length=60)
    settings: Settings = Settings()


class RunList(BaseModel):
    """All runs in the studio's folder."""

    runs: list[Run]


def train_routes(workspace: Workspace, runs: Runs) -> APIRouter:
    """Create the routes."""
    router = APIRouter(tags=["train"])
    _add_networks(router)
    _add_runs(router, workspace, runs)
    router.include_router(snapshot_routes(workspace, runs))
    return router


def _add_networks(router: APIRouter) -> None:
    @router.get("/api/network")
    def network(
        notation: Annotated[str, Query(max_length=2_048, examples=["32C3-MP2-128N"])],
        shape: Annotated[str, Query(max_length=20, description="Of a picture.", examples=["1x28x28"])],
        classes: Annotated[int, Query(ge=1, le=MAX_UNITS)],
    ) -> Network:
        """Output shape and cost of every step of a network."""
        described = summary(parse_chain(PRESETS.get(notation, notation), parse_shape(shape), classes))
        return Network.model_validate({"notation": described["network"], "steps": described["steps"]})


def _add_runs(router: APIRouter, workspace: Workspace, runs: Runs) -> None:
    @router.get("/api/runs")
    def list_runs() -> RunList:
        """All runs."""
        return RunList(runs=runs.all())

    @router.post("/api/runs")
    def start(new: NewRun) -> Run:
        """Start a run in its own process."""
        data = workspace.sources.find(new.data)
        return runs.start(checked_name(new.name or data.name), data.location, new.settings)

    @router.get("/api/runs/{run}")
    def find(run: RunName) -> Run:
        """One run."""
        return runs.find(run)

    @router.get("/api/runs/{run}/events")
    def events(
        run: RunName,
        after: Annotated[int, Query(ge=0, description="The position up to which its events are known.")] = 0,
    ) -> RunEvents:
        """The events of a run, from its beginning or from a position."""
        return runs.events(run, after)

    @router.post("/api/runs/{run}/pause")
    def pause(run: RunName) -> Run:
        """Make a run write a checkpoint and end its process after the current step."""
        return runs.pause(run)

    @router.post("/api/runs/{run}/resume")
    def resume(run: RunName) -> Run:
        """Resume a run that was paused, or whose process was killed."""
        return runs.resume(run)

    @router.delete("/api/runs/{run}", status_code=204, response_class=Response)
    def remove(run: RunName) -> None:
        """Remove a run that is not running, with everything it wrote."""
        runs.remove(run)
