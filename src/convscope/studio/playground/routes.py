"""The documents of the playground, the same as on the page from `convscope playground`."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from convscope.playground.page import shapes_drawings, shapes_network


def playground_routes() -> APIRouter:
    """Create the routes."""
    router = APIRouter(tags=["playground"])

    @router.get("/api/playground")
    def network() -> dict[str, Any]:
        """The network that comes with convscope, and an initial drawing of each class."""
        return shapes_network()

    @router.get("/api/playground/drawings")
    def drawings() -> dict[str, Any]:
        """The training and test drawings of the page."""
        return shapes_drawings()

    return router
