"""Drawings: placed like a model's training pictures, and classified."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query, Request
from PIL import Image
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from convscope.errors import PictureError
from convscope.model.inputs import pixels_of
from convscope.pictures.reading import read_picture
from convscope.serving.body import read_body
from convscope.serving.limits import Limits
from convscope.studio.cache import Cache
from convscope.studio.ids import ModelId  # noqa: TC001 - FastAPI looks it up
from convscope.studio.picture_refs import keep_sent
from convscope.studio.walk.drawings import Placement, place, placement_of
from convscope.studio.walk.preview import Preview, preview

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from convscope.pictures.sources import Source
    from convscope.studio.walk.edit_lists import EditLists
    from convscope.studio.workspace import Workspace

_NAME = "your drawing"
_MOST_MEASURED = 100
_MEASURED_SIDE = 64
_MOST_CACHED = 32


class DrawingPreview(Preview):
    """A drawing, placed and prepared, and the model's answer."""

    picture: str | None = Field(description="Its reference, if it was kept.")


def drawing_routes(workspace: Workspace, edits: EditLists) -> APIRouter:
    """Create the routes."""
    router = APIRouter()
    placements: Cache[str, Placement] = Cache(_MOST_CACHED)

    def placement(model: str) -> Placement:
        """The placement of a model's training pictures, measured again when they have changed."""
        data = workspace.training_data(model)
        if data is None:
            return Placement()
        opened = workspace.sources.open(data.id)
        return placements.get(opened.fingerprint, lambda: placement_of(_sample(opened.source)))

    def classify(data: bytes, model: str, *, keep: bool) -> DrawingPreview:
        drawing = read_picture(data, _NAME, pixel_limit=Limits().pixels)
        size = workspace.models.classifier(model).model.preparation
        ink = drawing.reshape(*drawing.shape[:2], -1).max(axis=2)
        placed = place(ink, placement(model), (size.height, size.width))
        reference = keep_sent(_as_png(placed), workspace) if keep else None
        return DrawingPreview(picture=reference, **dict(preview(placed, _NAME, model, workspace, edits)))

    @router.post(
        "/api/models/{model}/drawings", openapi_extra={"requestBody": {"content": {"image/png": {}}}}
    )
    async def draw(
        request: Request,
        model: ModelId,
        keep: Annotated[bool, Query(description="Keep it, to walk through.")] = False,  # noqa: FBT002 - of the query
    ) -> DrawingPreview:
        """Send a drawing, bright on black; it is placed like the model's training pictures."""
        data = await read_body(request, Limits().body_bytes)
        return await run_in_threadpool(classify, data, model, keep=keep)

    return router


def _sample(source: Source) -> Iterator[NDArray[np.uint8]]:
    """Yield an evenly spread sample of the pictures."""
    for index in range(0, len(source.items), max(1, len(source.items) // _MOST_MEASURED)):
        try:
            yield pixels_of(source.read(index), source.items[index].name, _MEASURED_SIDE)
        except PictureError:
            continue


def _as_png(pixels: NDArray[np.uint8]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()
