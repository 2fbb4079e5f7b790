"""The models that are open."""

from __future__ import annotations

import tempfile
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Annotated, Literal
from urllib.parse import quote

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, Field, JsonValue

from convscope.model.export import export
from convscope.model.file import save
from convscope.offline.export import export_page
from convscope.studio.ids import ModelId  # noqa: TC001 - FastAPI looks it up
from convscope.studio.models import OpenModel  # noqa: TC001 - FastAPI looks it up

if TYPE_CHECKING:
    from convscope.model.file import Model
    from convscope.studio.workspace import Workspace

FileKind = Literal["safetensors", "onnx", "html"]


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
    """Create the routes."""
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

    @router.get("/api/models/{model}/files/{kind}", response_class=Response)
    def file(
        model: ModelId, kind: Annotated[FileKind, Path(description="The ending of the file's name.")]
    ) -> Response:
        """A model as a file: for `convscope`, for other programs, or as a page that classifies offline.

        As with `convscope export`, the last two are checked against the model first. Unsaved edits are
        not in it.
        """
        opened = workspace.models.find(model)
        disposition = f"attachment; filename*=UTF-8''{quote(f'{opened.name}.{kind}', safe='')}"
        return Response(
            _file(opened, workspace.models.classifier(model).model, kind),
            media_type="text/html" if kind == "html" else "application/octet-stream",
            headers={"content-disposition": disposition},
        )

    return router


def _file(opened: OpenModel, model: Model, kind: FileKind) -> bytes:
    """Write a model to a file, and return its content.

    Raises:
        ExportError: Its predictions differ from the model's, or the network is too large for a page.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = FilePath(folder) / f"model.{kind}"
        if kind == "onnx":
            export(model, path)
        elif kind == "html":
            export_page(model, path, opened.name)
        else:
            save(model, path)
        return path.read_bytes()
