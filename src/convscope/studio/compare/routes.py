"""Compare: two models on the same pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter

from convscope.comparison import Comparison, compare
from convscope.studio.ids import DataIdQuery, ModelIdQuery, PartQuery  # noqa: TC001 - FastAPI looks them up

if TYPE_CHECKING:
    from convscope.studio.workspace import Workspace


def comparison_routes(workspace: Workspace) -> APIRouter:
    """Create the routes."""
    router = APIRouter(tags=["compare"])

    @router.get("/api/comparison")
    def comparison(
        first: ModelIdQuery, second: ModelIdQuery, data: DataIdQuery, part: PartQuery = "test"
    ) -> Comparison:
        """The more accurate of two models, how certain that is, and where their predictions differ."""
        models = workspace.models.classifier(first), workspace.models.classifier(second)
        return compare(*models, workspace.sources.find(data).location, part)

    return router
