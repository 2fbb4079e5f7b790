"""The live prediction while pictures are recorded."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from convscope.network.backbones import INSTALLED
from convscope.serving.body import read_body
from convscope.serving.limits import Limits
from convscope.studio.cache import Cache
from convscope.studio.ids import DataId  # noqa: TC001 - FastAPI looks it up
from convscope.studio.record.backbone import Backbone
from convscope.studio.record.live import LiveAnswer, LiveHead

if TYPE_CHECKING:
    from pathlib import Path

    from convscope.studio.workspace import Workspace

_MOST_COLLECTIONS = 4


def record_routes(workspace: Workspace) -> APIRouter:
    """Create the routes."""
    router = APIRouter(tags=["record"])
    backbones: Cache[str, Backbone] = Cache(1)
    heads: Cache[Path, LiveHead] = Cache(_MOST_COLLECTIONS)

    def backbone() -> Backbone:
        return backbones.get(INSTALLED, Backbone)

    @router.post("/api/live", status_code=204, response_class=Response)
    def get_ready() -> None:
        """Load the backbone for live predictions; this takes about a second."""
        backbone()
        importlib.import_module("convscope.studio.record.head")  # importing SciPy takes a second

    @router.post("/api/live/{data}", openapi_extra={"requestBody": {"content": {"image/*": {}}}})
    async def answer(request: Request, data: DataId) -> LiveAnswer:
        """Classify a picture with the live model of a collection, without storing the picture."""
        collection = workspace.sources.collection(data)
        picture = await read_body(request, Limits().body_bytes)

        def classify() -> LiveAnswer:
            return heads.get(collection, lambda: LiveHead(collection, backbone())).answer(picture)

        return await run_in_threadpool(classify)

    return router
