"""Training: networks that are written, and runs that are started, watched, paused and resumed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, Field

from convscope.network.notation import MOST_UNITS, parse, write
from convscope.network.presets import PRESETS
from convscope.network.shapes import parse_shape, trace
from convscope.studio.home import checked_name
from convscope.studio.runs import News, Run  # noqa: TC001 - FastAPI looks them up
from convscope.training.recipe import Settings

if TYPE_CHECKING:
    from convscope.studio.opened import Studio

Name = Annotated[str, Path(description="The run's name.", max_length=255)]


class NetworkStep(BaseModel):
    """One step of a network, from the image to softmax."""

    step: str = Field(examples=["convolution"])
    notation: str = Field(
        description="The piece it comes from; empty if none stands for it.", examples=["32C3"]
    )
    shape: list[int] = Field(description="Of what it gives out, channels first.", examples=[[32, 28, 28]])
    parameters: int
    multiply_adds: int = Field(description="Products that are summed for one picture.")
    receptive_field: tuple[int, int] = Field(description="Height and width, in pixels of the image.")


class Network(BaseModel):
    """A network, step by step."""

    notation: str = Field(description="As it is written by the book.")
    steps: list[NetworkStep]


class WantedRun(BaseModel):
    """What shall be trained; what is not given is chosen from the pictures."""

    data: str = Field(description="The data's id.", max_length=16)
    name: str | None = Field(
        None, description="What to call the run; the data's name if not given.", max_length=60
    )
    network: str | None = Field(None, description="A notation, or a preset's name.", max_length=2_048)
    size: int | None = Field(
        None, ge=1, le=1_024, description="Height and width that pictures are brought to."
    )
    epochs: int | None = Field(None, ge=1, le=100_000)


class AllRuns(BaseModel):
    """Every run of the studio's folder."""

    runs: list[Run]


def training_routes(studio: Studio) -> APIRouter:
    """Put the addresses together."""
    router = APIRouter(tags=["training"])
    _add_networks(router)
    _add_runs(router, studio)
    return router


def _add_networks(router: APIRouter) -> None:
    @router.get("/api/network")
    def network(
        notation: Annotated[str, Query(max_length=2_048, examples=["32C3-MP2-128N"])],
        shape: Annotated[str, Query(max_length=20, description="Of a picture.", examples=["1x28x28"])],
        classes: Annotated[int, Query(ge=1, le=MOST_UNITS)],
    ) -> Network:
        """What every step of a network gives out, and what it costs."""
        layers = parse(PRESETS.get(notation, notation))
        rows = trace(layers, parse_shape(shape), classes)
        steps = [
            NetworkStep(
                step=row.step,
                notation=row.notation,
                shape=list(row.output_shape),
                parameters=row.parameters,
                multiply_adds=row.multiply_adds,
                receptive_field=row.receptive_field,
            )
            for row in rows
        ]
        return Network(notation=write(layers), steps=steps)


def _add_runs(router: APIRouter, studio: Studio) -> None:
    runs = studio.runs

    @router.get("/api/runs")
    def everything() -> AllRuns:
        """Every run, as it is now."""
        return AllRuns(runs=runs.all())

    @router.post("/api/runs")
    def start(wanted: WantedRun) -> Run:
        """Start a run in a process of its own."""
        data = studio.data(wanted.data)
        size = None if wanted.size is None else (wanted.size, wanted.size)
        settings = Settings(network=wanted.network, size=size, epochs=wanted.epochs)
        settings.check()
        return runs.start(checked_name(wanted.name or data.name), data.where, settings)

    @router.get("/api/runs/{run}")
    def look(run: Name) -> Run:
        """One run, as it is now."""
        return runs.look(run)

    @router.post("/api/runs/{run}/pause")
    def pause(run: Name) -> Run:
        """Let it write a checkpoint and end its process, after the step under way."""
        return runs.pause(run)

    @router.post("/api/runs/{run}/resume")
    def resume(run: Name) -> Run:
        """Go on with a run that was paused, or whose process was killed."""
        return runs.resume(run)

    @router.delete("/api/runs/{run}", status_code=204, response_class=Response)
    def remove(run: Name) -> Response:
        """Remove a run that is not at work, with all that it wrote."""
        runs.remove(run)
        return Response(status_code=204)

    @router.get("/api/runs/{run}/news")
    def news(
        run: Name, after: Annotated[int, Query(ge=0, description="How far its events are known.")] = 0
    ) -> News:
        """What has happened in it, from its beginning or from where somebody was."""
        return runs.news(run, after)
