"""The models that are open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter
from pydantic import BaseModel, Field, JsonValue

from convscope.studio.ids import ModelId  # noqa: TC001 - FastAPI looks it up
from convscope.studio.models import OpenModel  # noqa: TC001 - FastAPI looks it up

if TYPE_CHECKING:
    from convscope.studio.workspace import Workspace


class ModelList(BaseModel):
    """All models that are open."""

    models: list[OpenModel]


class ModelSummary(BaseModel):
    """A model."""

    id: str
    name: str
    network: str = Field(examples=["32C3-MP2-64C3-MP2-128N"])
    classes: list[str] = Field(examples=[["cat", "dog"]])
    shape: tuple[int, int, int] = Field(description="Channels, height and width of its input.")
    figures: dict[str, JsonValue] = Field(description="On pictures it was not trained on.")
    data: str | None = Field(description="The id of the pictures it was trained on, if they are open.")


def model_routes(workspace: Workspace) -> APIRouter:
    """Make the routes."""
    router = APIRouter(tags=["models"])

    @router.get("/api/models")
    def list_models() -> ModelList:
        """All models: those given, those trained here, and those edited here and saved."""
        return ModelList(models=workspace.models.all())

    @router.get("/api/models/{model}")
    def summary(model: ModelId) -> ModelSummary:
        """One model."""
        opened, classifier = workspace.models.find(model), workspace.models.classifier(model)
        size, data = classifier.model.preparation, workspace.training_data(model)
        return ModelSummary(
            id=opened.id,
            name=opened.name,
            network=classifier.network,
            classes=list(classifier.classes),
            shape=(size.channels, size.height, size.width),
            figures=dict(classifier.model.figures),
            data=None if data is None else data.id,
        )

    return router
