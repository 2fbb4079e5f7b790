"""Drawings: placed as a model knows its pictures, and what the model says about them."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Path, Query, Request
from PIL import Image
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from convscope.errors import PictureError
from convscope.model.inputs import pixels_of
from convscope.pictures.reading import read_picture
from convscope.serving.body import read_body
from convscope.serving.limits import Limits
from convscope.studio.drawings import Placement, place, placement_of
from convscope.studio.looks import Look, look_at
from convscope.studio.shown_pictures import keep_sent

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from convscope.pictures.sources import Source
    from convscope.studio.opened import Studio

_NAME = "your drawing"
_MOST_MEASURED = 100
_MEASURED_SIDE = 64


class Drawn(Look):
    """A drawing as a model sees it, and what the model says."""

    picture: str | None = Field(description="How to refer to it, if it was kept.")


def drawing_routes(studio: Studio) -> APIRouter:
    """Put the addresses together."""
    router = APIRouter(tags=["walk"])
    placements: dict[str, Placement] = {}

    def placement(model: str) -> Placement:
        data = studio.learned_from(model)
        if data is None:
            return Placement()
        if data.where not in placements:
            placements[data.where] = placement_of(_some(studio.opened(data.id).source))
        return placements[data.where]

    def look(data: bytes, model: str, *, keep: bool) -> Drawn:
        drawing = read_picture(data, _NAME, pixel_limit=Limits().pixels)
        wanted = studio.classifier(model).model.preparation
        ink = drawing.reshape(*drawing.shape[:2], -1).max(axis=2)
        placed = place(ink, placement(model), (wanted.height, wanted.width))
        seen = look_at(placed, _NAME, model, studio)
        return Drawn(picture=keep_sent(_as_png(placed), studio) if keep else None, **dict(seen))

    @router.post(
        "/api/models/{model}/drawings", openapi_extra={"requestBody": {"content": {"image/png": {}}}}
    )
    async def draw(
        request: Request,
        model: Annotated[str, Path(description="The model's id.", max_length=16)],
        keep: Annotated[bool, Query(description="Keep it, to be walked.")] = False,  # noqa: FBT002 - of the query
    ) -> Drawn:
        """Send a drawing, bright on black. It is placed as the pictures are that the model learned from."""
        data = await read_body(request, Limits().body_bytes)
        return await run_in_threadpool(look, data, model, keep=keep)

    return router


def _some(source: Source) -> Iterator[NDArray[np.uint8]]:
    """Some of the pictures, evenly spread."""
    for at in range(0, len(source.items), max(1, len(source.items) // _MOST_MEASURED)):
        try:
            yield pixels_of(source.read(at), source.items[at].name, _MEASURED_SIDE)
        except PictureError:
            continue


def _as_png(pixels: NDArray[np.uint8]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()
