"""Compare: two models on the same pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query

from convscope.comparison import Comparison, compare
from convscope.model.selection import Judged  # noqa: TC001 - FastAPI looks it up

if TYPE_CHECKING:
    from convscope.studio.opened import Studio

Id = Annotated[str, Query(max_length=16)]


def comparison_routes(studio: Studio) -> APIRouter:
    """Put the addresses together."""
    router = APIRouter(tags=["comparison"])

    @router.get("/api/comparison")
    def compared(first: Id, second: Id, data: Id, part: Annotated[Judged, Query()] = "test") -> Comparison:
        """Which of two models is more often right, how sure that is, and on which pictures they part."""
        models = studio.classifier(first), studio.classifier(second)
        return compare(*models, studio.data(data).where, part)

    return router
