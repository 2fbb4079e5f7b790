"""The walk of any picture through a model, edited or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from convscope.errors import RequestError
from convscope.serving.body import read_body
from convscope.serving.limits import Limits
from convscope.studio.cache import Cache
from convscope.studio.ids import ModelId  # noqa: TC001 - FastAPI looks it up
from convscope.studio.models import OpenModel  # noqa: TC001 - FastAPI looks it up
from convscope.studio.picture_refs import SENT_NAME, PictureRef, find_picture, keep_sent
from convscope.studio.walk.backward_routes import backward_routes
from convscope.studio.walk.drawing_routes import drawing_routes
from convscope.studio.walk.preview import Preview, preview
from convscope.studio.walk.similar import SimilarPictures, SimilarPictureSearch
from convscope.walkthrough.compute import prepare_input
from convscope.walkthrough.edits import Edit  # noqa: TC001 - FastAPI looks it up
from convscope.walkthrough.named_filters import NAMED_FILTERS
from convscope.walkthrough.truth import known_truth
from convscope.walkthrough.walk import walk, walk_steps

if TYPE_CHECKING:
    from convscope.classifier import Classifier
    from convscope.studio.picture_refs import ReferredPicture
    from convscope.studio.walk.edit_lists import EditLists
    from convscope.studio.workspace import Workspace
    from convscope.walkthrough.compute import ModelInput

_MOST_PREPARED = 4


class SentPicture(BaseModel):
    """A picture that was sent."""

    picture: str = Field(description="Its reference.")


class ModelEdits(BaseModel):
    """The unsaved edits of a model."""

    edits: list[Edit]
    network: str = Field(description="The notation with all edits.")
    rectify: bool = Field(description="Whether ReLU takes part.")


class EditedAnswer(BaseModel):
    """A model's answer to a picture."""

    classes: list[str]
    before: list[float] = Field(description="The probability of each class without the edits.")
    after: list[float] = Field(description="The same with them.")


class Weight(BaseModel):
    """A weight or bias."""

    value: float


class NewModel(BaseModel):
    """A model to save."""

    name: str = Field(max_length=100)


def walk_routes(workspace: Workspace, edits: EditLists) -> APIRouter:
    """Create the routes."""
    router = APIRouter(tags=["walk"])
    _add_pictures(router, workspace, edits)
    _add_walk(router, workspace, edits)
    _add_edits(router, edits)
    _add_weights(router, edits)
    router.include_router(drawing_routes(workspace, edits))
    return router


def _add_pictures(router: APIRouter, workspace: Workspace, edits: EditLists) -> None:
    @router.post("/api/pictures", openapi_extra={"requestBody": {"content": {"image/*": {}}}})
    async def send(request: Request) -> SentPicture:
        """Send a picture to walk through: the bytes of its file."""
        data = await read_body(request, Limits().body_bytes)
        return SentPicture(picture=await run_in_threadpool(keep_sent, data, workspace))

    @router.post("/api/models/{model}/preview", openapi_extra={"requestBody": {"content": {"image/*": {}}}})
    async def look(request: Request, model: ModelId) -> Preview:
        """Send a picture to classify, without keeping it: the bytes of its file."""
        data = await read_body(request, Limits().body_bytes)
        return await run_in_threadpool(preview, data, SENT_NAME, model, workspace, edits)


def _add_walk(router: APIRouter, workspace: Workspace, edits: EditLists) -> None:
    prepared: Cache[tuple[Classifier, str, bytes], ModelInput] = Cache(_MOST_PREPARED)
    search = SimilarPictureSearch(workspace, edits)

    def prepare(model: str, referred: ReferredPicture) -> ModelInput:
        """Prepare a picture; the result is reused however often weights are edited."""
        classifier, picture, name = workspace.models.classifier(model), referred.picture, referred.name
        content = picture if isinstance(picture, bytes) else np.asarray(picture).tobytes()
        return prepared.get(
            (classifier, name, content), lambda: prepare_input(picture, classifier.model, name)
        )

    router.include_router(backward_routes(workspace, edits, prepare))

    @router.get("/api/models/{model}/walk", response_class=Response)
    def document(model: ModelId, picture: PictureRef, whole: bool = False) -> Response:  # noqa: FBT001, FBT002 - of the query
        """Every step of a picture through an edited model: the document of docs/reference/walk.md.

        Only the steps, unless the complete walk is requested, which takes longer; without ReLU there are only
        the steps.
        """
        edited_model, referred = edits.edited(model), find_picture(picture, workspace)
        network = edited_model.model
        names: dict[str, Any] = {
            "model_name": workspace.models.find(model).name,
            "truth": known_truth(referred.label, network),
            "names": workspace.models.classifier(model).names_of_known,
        }
        if whole and edited_model.keeps_relu:
            result = walk(network, prepare(model, referred), engine=edited_model.engine, **names)
        else:
            result = walk_steps(network, prepare(model, referred), edited_model.engine, **names)
        return Response(result.model_dump_json(), media_type="application/json")

    @router.get("/api/models/{model}/answer")
    def answer(model: ModelId, picture: PictureRef) -> EditedAnswer:
        """A model's answer to a picture, without its edits and with them."""
        pixels = prepare(model, find_picture(picture, workspace)).pixels
        return EditedAnswer(
            classes=list(workspace.models.classifier(model).classes),
            before=edits.original(model).probabilities(pixels).tolist(),
            after=edits.edited(model).probabilities(pixels).tolist(),
        )

    @router.get("/api/models/{model}/similar")
    def similar(model: ModelId, picture: PictureRef) -> SimilarPictures:
        """The training pictures most similar to a picture; the first request classifies all of them."""
        return search.find(model, find_picture(picture, workspace))


def _add_edits(router: APIRouter, edits: EditLists) -> None:
    def answer(model: str) -> ModelEdits:
        edited = edits.edited(model)
        return ModelEdits(edits=edits.edits(model), network=edited.model.notation, rectify=edited.keeps_relu)

    @router.get("/api/models/{model}/edits")
    def read(model: ModelId) -> ModelEdits:
        """The unsaved edits of a model."""
        return answer(model)

    @router.post("/api/models/{model}/edits")
    def add(model: ModelId, edit: Edit) -> ModelEdits:
        """Add an edit."""
        edits.add(model, edit)
        return answer(model)

    @router.delete("/api/models/{model}/edits/last")
    def undo(model: ModelId) -> ModelEdits:
        """Undo the last edit."""
        edits.undo(model)
        return answer(model)

    @router.delete("/api/models/{model}/edits")
    def reset(model: ModelId) -> ModelEdits:
        """Undo all edits."""
        edits.reset(model)
        return answer(model)

    @router.post("/api/models/{model}/kept")
    def save(model: ModelId, new: NewModel) -> OpenModel:
        """Save the edited model as a new one; the original does not change."""
        return edits.save(model, new.name)


def _add_weights(router: APIRouter, edits: EditLists) -> None:
    @router.get("/api/kernels")
    def kernels() -> dict[str, str]:
        """Named filters, and their rows."""
        return NAMED_FILTERS

    @router.get("/api/models/{model}/weights/{tensor}")
    def weight(
        model: ModelId,
        tensor: Annotated[str, Path(max_length=100)],
        place: Annotated[
            list[int], Query(min_length=1, max_length=4, description="Its index on every axis.")
        ],
    ) -> Weight:
        """One weight or bias of an edited model."""
        weights = edits.edited(model).model.weights.get(tensor)
        if weights is None or len(place) != weights.ndim or not _is_inside(place, weights.shape):
            raise RequestError("there is no such weight", status=404)
        return Weight(value=float(weights[tuple(place)]))


def _is_inside(index: list[int], shape: tuple[int, ...]) -> bool:
    return all(0 <= at < side for at, side in zip(index, shape, strict=True))
