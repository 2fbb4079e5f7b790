"""The models that are open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field, JsonValue

from convscope.studio.opened import OpenModel  # noqa: TC001  # pydantic looks it up

if TYPE_CHECKING:
    from convscope.studio.opened import Studio

Id = Annotated[str, Path(description="The model's id.", max_length=16)]


class Models(BaseModel):
    """All models that are open."""

    models: list[OpenModel]


class ModelFacts(BaseModel):
    """What a model is."""

    id: str
    name: str
    network: str = Field(examples=["32C3-MP2-64C3-MP2-128N"])
    classes: list[str] = Field(examples=[["cat", "dog"]])
    shape: tuple[int, int, int] = Field(description="Channels, height and width of what it looks at.")
    figures: dict[str, JsonValue] = Field(description="How it did on pictures it had never seen.")
    data: str | None = Field(description="The id of the pictures that it learned from, if they are open.")


def model_routes(studio: Studio) -> APIRouter:
    """Put the addresses together."""
    router = APIRouter(tags=["models"])

    @router.get("/api/models")
    def models() -> Models:
        """Which models can be looked at: those given, those trained here, and those changed here and kept."""
        return Models(models=studio.models())

    @router.get("/api/models/{model}")
    def facts(model: Id) -> ModelFacts:
        """What one of them is."""
        found, classifier = studio.model(model), studio.classifier(model)
        size, learned_from = classifier.model.preparation, studio.learned_from(model)
        return ModelFacts(
            id=found.id,
            name=found.name,
            network=classifier.network,
            classes=list(classifier.classes),
            shape=(size.channels, size.height, size.width),
            figures=dict(classifier.model.figures),
            data=None if learned_from is None else learned_from.id,
        )

    return router
