"""The pictures that are open: their classes, their thumbnails, and opening more of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Header, Path, Response
from pydantic import BaseModel, Field

from convscope.network.presets import automatic_network
from convscope.pictures.naming import natural_order
from convscope.pictures.survey import survey
from convscope.studio.data.collection_routes import collection_routes
from convscope.studio.data.thumbnails import ThumbnailStore
from convscope.studio.ids import DataId  # noqa: TC001 - FastAPI looks it up
from convscope.studio.sources import OpenData  # noqa: TC001 - FastAPI looks it up
from convscope.training.recipe import resolve_preparation
from convscope.training.settings import Settings

if TYPE_CHECKING:
    from convscope.pictures.sources.source import Source
    from convscope.studio.workspace import Workspace

_EXAMPLES = 6


class DataList(BaseModel):
    """All pictures that are open."""

    data: list[OpenData]


class NewPath(BaseModel):
    """Pictures elsewhere on this machine."""

    path: str = Field(min_length=1, max_length=4_096, examples=["/home/ada/pets"])


class ClassSummary(BaseModel):
    """One class of a source."""

    name: str
    pictures: int
    examples: list[int] = Field(description="Indices of some of its pictures, evenly spread.")


class DataSummary(BaseModel):
    """A source, and the settings that training would choose for it."""

    id: str
    name: str
    pictures: int
    classes: list[ClassSummary]
    notes: list[str]
    shape: tuple[int, int, int] = Field(
        description="Channels, height and width to which pictures would be resized."
    )
    network: str = Field(description="The network that would be trained.")


def data_routes(workspace: Workspace) -> APIRouter:
    """Create the routes."""
    router = APIRouter(tags=["data"])
    sources, thumbnails = workspace.sources, ThumbnailStore()

    @router.get("/api/data")
    def list_data() -> DataList:
        """All pictures that are open."""
        return DataList(data=sources.all())

    @router.post("/api/data")
    def add(new: NewPath) -> OpenData:
        """Open pictures elsewhere on this machine; they are only read, and neither moved nor copied."""
        return sources.add(new.path)

    @router.get("/api/data/{data}")
    def summary(data: DataId) -> DataSummary:
        """One source, and the settings that training would choose for it."""
        return _summary(sources.find(data), sources.open(data).source)

    @router.get("/api/data/{data}/pictures/{index}", response_class=Response)
    def thumbnail(
        data: DataId,
        index: Annotated[int, Path(ge=0, description="The picture's index.")],
        if_none_match: Annotated[str, Header(description="The ETag of a known copy.")] = "",
    ) -> Response:
        """The thumbnail of a picture as a PNG; a browser may cache it while the source is unchanged."""
        opened = sources.open(data)
        tag = f'"{opened.fingerprint}.{index}"'
        headers = {"etag": tag, "cache-control": "private, no-cache"}
        if if_none_match == tag:
            return Response(status_code=304, headers=headers)
        return Response(thumbnails.png(opened, index), media_type="image/png", headers=headers)

    router.include_router(collection_routes(workspace))
    return router


def _summary(data: OpenData, source: Source) -> DataSummary:
    size = resolve_preparation(Settings(), survey(source))
    shape = (size.channels, size.height, size.width)
    return DataSummary(
        id=data.id,
        name=data.name,
        pictures=len(source.items),
        classes=_classes(source),
        notes=list(source.notes),
        shape=shape,
        network=automatic_network(shape),
    )


def _classes(source: Source) -> list[ClassSummary]:
    names = sorted({item.label for item in source.items}, key=natural_order)
    indices: dict[str, list[int]] = {name: [] for name in names}
    for index, item in enumerate(source.items):
        indices[item.label].append(index)
    return [
        ClassSummary(name=name, pictures=len(of_class), examples=_spread(of_class))
        for name, of_class in indices.items()
    ]


def _spread(indices: list[int]) -> list[int]:
    return indices[:: max(1, len(indices) // _EXAMPLES)][:_EXAMPLES]
