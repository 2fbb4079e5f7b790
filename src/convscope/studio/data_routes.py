"""The pictures that are open: which classes they have, what they look like, and opening more of them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Header, Path, Response
from pydantic import BaseModel, Field

from convscope.network.presets import automatic_network
from convscope.pictures.naming import natural_order
from convscope.pictures.survey import survey
from convscope.studio.opened import OpenData  # noqa: TC001  # pydantic looks it up
from convscope.studio.thumbnails import ThumbnailShelf
from convscope.training.recipe import Settings, resolve_preparation

if TYPE_CHECKING:
    from convscope.pictures.sources.source import Source
    from convscope.studio.opened import Studio

Id = Annotated[str, Path(description="The data's id.", max_length=16)]
_EXAMPLES = 6


class Sources(BaseModel):
    """All pictures that are open."""

    data: list[OpenData]


class WantedPath(BaseModel):
    """Pictures elsewhere on this machine."""

    path: str = Field(min_length=1, max_length=4_096, examples=["/home/ada/pets"])


class ClassFacts(BaseModel):
    """One class of some pictures."""

    name: str
    pictures: int
    examples: list[int] = Field(description="Places of some of its pictures, evenly spread.")


class DataFacts(BaseModel):
    """What some pictures are, and what training would choose for them."""

    id: str
    name: str
    pictures: int
    classes: list[ClassFacts]
    notes: list[str]
    shape: tuple[int, int, int] = Field(
        description="Channels, height and width that they would be brought to."
    )
    network: str = Field(description="The network that would be trained.")


def data_routes(studio: Studio) -> APIRouter:
    """Put the addresses together."""
    router = APIRouter(tags=["data"])
    shelf = ThumbnailShelf()

    @router.get("/api/data")
    def sources() -> Sources:
        """Which pictures are open."""
        return Sources(data=studio.sources())

    @router.post("/api/data")
    def add(wanted: WantedPath) -> OpenData:
        """Open pictures elsewhere on this machine; they stay where they are and are only read."""
        return studio.add_data(wanted.path)

    @router.get("/api/data/{data}")
    def facts(data: Id) -> DataFacts:
        """What they are, and what training would choose for them."""
        return _facts(studio.data(data), studio.opened(data).source)

    @router.get("/api/data/{data}/pictures/{place}", response_class=Response)
    def picture(
        data: Id,
        place: Annotated[int, Path(ge=0)],
        if_none_match: Annotated[str, Header(description="The tag of the one that is known.")] = "",
    ) -> Response:
        """One of them, made small, as a PNG; a browser may keep it while the pictures stay as they are."""
        opened = studio.opened(data)
        tag = f'"{opened.fingerprint}.{place}"'
        headers = {"etag": tag, "cache-control": "private, no-cache"}
        if if_none_match == tag:
            return Response(status_code=304, headers=headers)
        return Response(shelf.png(opened, place), media_type="image/png", headers=headers)

    return router


def _facts(data: OpenData, source: Source) -> DataFacts:
    wanted = resolve_preparation(survey(source), Settings())
    shape = (wanted.channels, wanted.height, wanted.width)
    return DataFacts(
        id=data.id,
        name=data.name,
        pictures=len(source.items),
        classes=_classes(source),
        notes=list(source.notes),
        shape=shape,
        network=automatic_network(shape),
    )


def _classes(source: Source) -> list[ClassFacts]:
    counts = Counter(item.label for item in source.items)
    places: dict[str, list[int]] = {label: [] for label in sorted(counts, key=natural_order)}
    for place, item in enumerate(source.items):
        places[item.label].append(place)
    return [
        ClassFacts(
            name=label, pictures=len(found), examples=found[:: max(1, len(found) // _EXAMPLES)][:_EXAMPLES]
        )
        for label, found in places.items()
    ]
