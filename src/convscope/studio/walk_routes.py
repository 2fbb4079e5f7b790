"""The walk: any picture through a model, as it is or changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from convscope.errors import RequestError
from convscope.serving.body import read_body
from convscope.serving.limits import Limits
from convscope.studio.alike import Alike, Searches
from convscope.studio.looks import Look, look_at
from convscope.studio.opened import OpenModel  # noqa: TC001 - FastAPI looks it up
from convscope.studio.shown_pictures import SENT_NAME, Sight, keep_sent, shown
from convscope.walkthrough.edits import Edit  # noqa: TC001 - FastAPI looks it up
from convscope.walkthrough.kernels import KERNELS
from convscope.walkthrough.walk import walk, walk_steps

if TYPE_CHECKING:
    from convscope.studio.edit_lists import EditLists
    from convscope.studio.opened import Studio

Model = Annotated[str, Path(description="The model's id.", max_length=16)]
Shows = Annotated[
    str,
    Query(
        alias="picture",
        max_length=64,
        description="`sent.DIGEST`, as sending it answered, or `data.ID.PLACE`.",
    ),
]


class SentPicture(BaseModel):
    """A picture that was sent."""

    picture: str = Field(description="How to refer to it.")


class EditList(BaseModel):
    """What is changed in a model and not yet kept."""

    edits: list[Edit]
    network: str = Field(description="Its notation, with all edits.")
    rectify: bool = Field(description="Whether ReLU takes part.")


class Answer(BaseModel):
    """What a model says about a picture."""

    classes: list[str]
    before: list[float] = Field(description="The probability of each class without the edits.")
    after: list[float] = Field(description="The same with them.")


class Weight(BaseModel):
    """One weight or bias, as it is now."""

    value: float


class NewName(BaseModel):
    """What to call a model."""

    name: str = Field(max_length=100)


def walk_routes(studio: Studio) -> APIRouter:
    """Put the addresses together."""
    router = APIRouter(tags=["walk"])
    _add_walk(router, studio)
    _add_edits(router, studio.edits)
    _add_weights(router, studio.edits)
    return router


def _add_walk(router: APIRouter, studio: Studio) -> None:
    lists, sight, searches = studio.edits, Sight(), Searches(studio)

    @router.post("/api/pictures", openapi_extra={"requestBody": {"content": {"image/*": {}}}})
    async def send(request: Request) -> SentPicture:
        """Send a picture to be walked: the bytes of its file."""
        data = await read_body(request, Limits().body_bytes)
        return SentPicture(picture=await run_in_threadpool(keep_sent, data, studio))

    @router.post("/api/models/{model}/looks", openapi_extra={"requestBody": {"content": {"image/*": {}}}})
    async def look_once(request: Request, model: Model) -> Look:
        """Send a picture to be looked at, and not kept: the bytes of its file."""
        data = await read_body(request, Limits().body_bytes)
        return await run_in_threadpool(look_at, data, SENT_NAME, model, studio)

    @router.get("/api/models/{model}/walk", response_class=Response)
    def document(model: Model, picture: Shows, whole: bool = False) -> Response:  # noqa: FBT001, FBT002 - of the query
        """Every step of a picture through a model with its edits: the document of docs/reference/walk.md.

        The steps alone unless the whole walk is asked for, which takes longer; without ReLU there are only
        the steps.
        """
        changed, found = lists.changed(model), shown(picture, studio)
        network, rectify = changed.edited.model, changed.edited.rectify
        names: dict[str, Any] = {
            "model_name": studio.model(model).name,
            "truth": found.truth if found.truth in network.classes else None,
        }
        if whole and rectify:
            told = walk(network, found.picture, picture_name=found.name, **names)
        else:
            seen = sight.of(studio.classifier(model), found)
            told = walk_steps(network, seen, changed.engine, **names, rectify=rectify)
        return Response(told.model_dump_json(), media_type="application/json")

    @router.get("/api/models/{model}/answer")
    def answer(model: Model, picture: Shows) -> Answer:
        """What a model says about a picture, without its edits and with them, by the engine."""
        classifier, found = studio.classifier(model), shown(picture, studio)
        pixels = sight.of(classifier, found).pixels
        return Answer(
            classes=list(classifier.classes),
            before=lists.unchanged(model).probabilities(pixels).tolist(),
            after=lists.changed(model).probabilities(pixels).tolist(),
        )

    @router.get("/api/models/{model}/alike")
    def alike(model: Model, picture: Shows) -> Alike:
        """What the pictures that a model has learned from say about a picture; all of them are looked at."""
        return searches.of(model, shown(picture, studio))


def _add_edits(router: APIRouter, lists: EditLists) -> None:
    def told(model: str) -> EditList:
        found = lists.changed(model).edited
        return EditList(edits=lists.read(model), network=found.model.notation, rectify=found.rectify)

    @router.get("/api/models/{model}/edits")
    def read(model: Model) -> EditList:
        """What is changed in a model and not yet kept."""
        return told(model)

    @router.post("/api/models/{model}/edits")
    def add(model: Model, edit: Edit) -> EditList:
        """Change one thing more."""
        lists.add(model, edit)
        return told(model)

    @router.delete("/api/models/{model}/edits/last")
    def undo(model: Model) -> EditList:
        """Take the last change back."""
        lists.undo(model)
        return told(model)

    @router.delete("/api/models/{model}/edits")
    def reset(model: Model) -> EditList:
        """Take all changes back."""
        lists.reset(model)
        return told(model)

    @router.post("/api/models/{model}/kept")
    def keep(model: Model, wanted: NewName) -> OpenModel:
        """Write the changed model as a new file; the model it was stays as it is."""
        return lists.keep(model, wanted.name)


def _add_weights(router: APIRouter, lists: EditLists) -> None:
    @router.get("/api/kernels")
    def kernels() -> dict[str, str]:
        """Filters that people know by name, and their rows."""
        return KERNELS

    @router.get("/api/models/{model}/weights/{tensor}")
    def weight(
        model: Model,
        tensor: Annotated[str, Path(max_length=100)],
        place: Annotated[
            list[int], Query(min_length=1, max_length=4, description="Its index on every axis.")
        ],
    ) -> Weight:
        """One weight or bias of a model with its edits."""
        weights = lists.changed(model).edited.model.weights.get(tensor)
        if weights is None or len(place) != weights.ndim or not _is_inside(place, weights.shape):
            raise RequestError("there is no such weight", status=404)
        return Weight(value=float(weights[tuple(place)]))


def _is_inside(place: list[int], shape: tuple[int, ...]) -> bool:
    return all(0 <= at < side for at, side in zip(place, shape, strict=True))
