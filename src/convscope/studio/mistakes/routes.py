"""Mistakes: wrong and uncertain predictions, labels that are probably wrong, and corrections."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from convscope.errors import RequestError
from convscope.pictures.naming import natural_order
from convscope.studio.cache import Cache
from convscope.studio.ids import DataId, DataIdQuery, ModelId, PartQuery  # noqa: TC001 - FastAPI looks them up
from convscope.studio.mistakes.corrections import Correction, correct, corrections, manifest_path
from convscope.studio.mistakes.documents import (  # resolved by FastAPI at runtime
    ClassifiedPictures,  # noqa: TC001
    Figures,  # noqa: TC001
)
from convscope.studio.mistakes.scored import Kind, Order, ScoredPictures, score
from convscope.studio.mistakes.suspects import LabelSearch, LabelSuspects

if TYPE_CHECKING:
    from convscope.classifier import Classifier
    from convscope.model.selection import PartOrAll
    from convscope.studio.workspace import Workspace

_MOST_CACHED = 8


class Corrections(BaseModel):
    """The labels that were corrected, and the manifest that lists all pictures with them."""

    manifest: str = Field(description="Its name in the studio's data folder.")
    classes: list[str] = Field(description="Those a picture can be labelled with.")
    corrections: list[Correction]


class NewLabel(BaseModel):
    """The class to label a picture with."""

    label: str = Field(max_length=1_000)


def mistake_routes(workspace: Workspace) -> APIRouter:
    """Create the routes."""
    router = APIRouter(tags=["mistakes"])
    _add_answers(router, workspace)
    _add_suspects(router, workspace)
    _add_corrections(router, workspace)
    return router


def _add_answers(router: APIRouter, workspace: Workspace) -> None:
    cache: Cache[tuple[Classifier, str, str, PartOrAll], ScoredPictures] = Cache(_MOST_CACHED)

    def scored(model: str, data: str, part: PartOrAll) -> ScoredPictures:
        classifier, opened = workspace.models.classifier(model), workspace.sources.open(data)
        location = workspace.sources.find(data).location
        key = (classifier, location, opened.fingerprint, part)
        return cache.get(key, lambda: score(classifier, location, part))

    @router.get("/api/models/{model}/mistakes")
    def figures(model: ModelId, data: DataIdQuery, part: PartQuery = "test") -> Figures:
        """The accuracy of the model, and the classes it confuses."""
        return scored(model, data, part).figures()

    @router.get("/api/models/{model}/mistakes/pictures")
    def ordered(
        model: ModelId, data: DataIdQuery, part: PartQuery = "test", order: Order = "worst"
    ) -> ClassifiedPictures:
        """The mistakes, most confident first; or all pictures, most uncertain first."""
        pictures = scored(model, data, part)
        return pictures.shown(pictures.ordered(order))

    @router.get("/api/models/{model}/mistakes/cell")
    def cell(
        model: ModelId,
        data: DataIdQuery,
        truth: Annotated[int, Query(ge=0, description="Row of the confusion matrix.")],
        predicted: Annotated[int, Query(ge=0, description="Its column.")],
        part: PartQuery = "test",
    ) -> ClassifiedPictures:
        """The pictures of one cell of the confusion matrix, most confident first."""
        pictures = scored(model, data, part)
        if pictures.thresholds is not None or max(truth, predicted) >= len(pictures.classes):
            raise RequestError("the model has no such cell in a confusion matrix", status=404)
        return pictures.shown(pictures.cell(truth, predicted))

    @router.get("/api/models/{model}/mistakes/label")
    def of_label(
        model: ModelId,
        data: DataIdQuery,
        label: Annotated[int, Query(ge=0, description="Index of the label.")],
        kind: Kind,
        part: PartQuery = "test",
    ) -> ClassifiedPictures:
        """False negatives, false positives or true positives of one of several labels, the clearest first."""
        pictures = scored(model, data, part)
        if pictures.thresholds is None or label >= len(pictures.classes):
            raise RequestError("the model has no such label", status=404)
        return pictures.shown(pictures.of_label(label, kind), label)


def _add_suspects(router: APIRouter, workspace: Workspace) -> None:
    search, find = LabelSearch(workspace), workspace.sources.find

    @router.get("/api/data/{data}/suspects")
    def look(data: DataId) -> LabelSuspects:
        """The labels that are probably wrong, and the state of the search."""
        return search.look(find(data))

    @router.post("/api/data/{data}/suspects")
    def start(data: DataId) -> LabelSuspects:
        """Search for labels that are probably wrong, by training on parts of the pictures."""
        search.start(find(data))
        return look(data)

    @router.delete("/api/data/{data}/suspects")
    def stop(data: DataId) -> LabelSuspects:
        """Stop a search that is running."""
        search.stop(find(data))
        return look(data)


def _add_corrections(router: APIRouter, workspace: Workspace) -> None:
    correcting = threading.Lock()

    @router.get("/api/data/{data}/corrections")
    def read(data: DataId) -> Corrections:
        """The labels that were corrected."""
        source = workspace.sources.open(data).source
        opened = workspace.sources.find(data)
        return Corrections(
            manifest=manifest_path(opened, workspace.folder).name,
            classes=sorted({item.label for item in source.items}, key=natural_order),
            corrections=corrections(opened, workspace),
        )

    @router.put("/api/data/{data}/corrections/{index}")
    def write(data: DataId, index: Annotated[int, Path(ge=0)], new: NewLabel) -> Corrections:
        """Correct a label in a copy of the list; the pictures are not changed."""
        with correcting:
            correct(workspace.sources.find(data), index, new.label, workspace)
        return read(data)
