"""Mistakes: what a model gets wrong or is unsure of, which labels are probably wrong, and mending them."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from convscope.model.selection import Judged
from convscope.pictures.naming import natural_order
from convscope.studio.corrections import Correction, correct, corrections, manifest_of
from convscope.studio.judgement import Judgement, Order, judge
from convscope.studio.suspects import Search, Suspects

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from convscope.classifier import Classifier
    from convscope.studio.opened import Studio

_MOST_KEPT = 8
"""So many judgements are held at once; who was asked for least lately makes room."""

Model = Annotated[str, Path(description="The model's id.", max_length=16)]
Data = Annotated[str, Path(description="The data's id.", max_length=16)]
Part = Annotated[Judged, Query(description="Which of the pictures; `test` is what training sets aside.")]


class Figures(BaseModel):
    """How a model answers, class by class."""

    pictures: int
    correct: int
    accuracy_fraction: float
    accuracy_interval: tuple[float, float] = Field(description="Of 95 % (Wilson's).")
    classes: list[str]
    confusion: list[list[int]] = Field(
        description="How often a picture of class i (row) was taken for class j (column)."
    )
    notes: list[str]


class Answers(BaseModel):
    """Pictures with what the model says about them; all lists have one entry a picture."""

    places: list[int] = Field(description="Where they stand among the source's pictures, from 0.")
    names: list[str]
    labels: list[int] = Field(description="The classes they are under, places in the model's classes.")
    predicted: list[int]
    probabilities: list[float] = Field(description="Of the predicted class.")
    label_probabilities: list[float] = Field(description="Of the class they are under.")


class Corrections(BaseModel):
    """The pictures that were put under another class, and the list of all that says so."""

    manifest: str = Field(description="Its name in the studio's folder of data.")
    classes: list[str] = Field(description="Those that a picture can be put under.")
    corrections: list[Correction]


class NewLabel(BaseModel):
    """The class to put a picture under."""

    label: str = Field(max_length=1_000)


class Judgements:
    """Looks at pictures with models, and remembers what was said last."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._kept: OrderedDict[tuple[Classifier, str, str, Judged], Judgement] = OrderedDict()
        self._judging = threading.Lock()

    def of(self, model: str, data: str, part: Judged) -> Judgement:
        """What a model says about a part of some pictures as they are now.

        Raises:
            RequestError: 404: there is no such model, or there are no such pictures.
            ConvscopeError: Either of them cannot be used, or they do not belong together.
        """
        classifier, where = self._studio.classifier(model), self._studio.data(data).where
        key = (classifier, where, self._studio.opened(data).fingerprint, part)
        with self._judging:
            found = self._kept.pop(key, None) or judge(classifier, where, part)
            self._kept[key] = found
            while len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
        return found


def mistake_routes(studio: Studio) -> APIRouter:
    """Put the addresses together."""
    search = Search(studio)
    router = APIRouter(tags=["mistakes"], lifespan=search.errands.running)
    _add_answers(router, Judgements(studio))
    _add_suspects(router, studio, search)
    _add_corrections(router, studio)
    return router


def _add_answers(router: APIRouter, judgements: Judgements) -> None:
    @router.get("/api/models/{model}/mistakes")
    def figures(model: Model, data: str, part: Part = "test") -> Figures:
        """How often the model is right, and which class it takes for which."""
        judged = judgements.of(model, data, part)
        found = judged.evaluation()
        return Figures(
            pictures=found.pictures,
            correct=found.correct,
            accuracy_fraction=found.accuracy_fraction,
            accuracy_interval=found.accuracy_interval,
            classes=list(judged.classes),
            confusion=[list(row) for row in found.confusion],
            notes=list(judged.notes),
        )

    @router.get("/api/models/{model}/mistakes/pictures")
    def ordered(model: Model, data: str, part: Part = "test", order: Order = "worst") -> Answers:
        """The pictures with a wrong answer, surest first; or all of them, most uncertain first."""
        judged = judgements.of(model, data, part)
        return _answers(judged, judged.ordered(order))

    @router.get("/api/models/{model}/mistakes/cell")
    def cell(
        model: Model,
        data: str,
        truth: Annotated[int, Query(ge=0, description="Row of the confusion matrix.")],
        predicted: Annotated[int, Query(ge=0, description="Its column.")],
        part: Part = "test",
    ) -> Answers:
        """The pictures of one cell of the confusion matrix, surest first."""
        judged = judgements.of(model, data, part)
        return _answers(judged, judged.cell(truth, predicted))


def _add_suspects(router: APIRouter, studio: Studio, search: Search) -> None:
    @router.get("/api/data/{data}/suspects")
    def look(data: Data) -> Suspects:
        """The labels that are probably wrong, as far as they were searched for."""
        return search.look(studio.data(data))

    @router.post("/api/data/{data}/suspects")
    def start(data: Data) -> Suspects:
        """Search for labels that are probably wrong, by training on parts of the pictures."""
        found = studio.data(data)
        search.start(found)
        return search.look(found)

    @router.delete("/api/data/{data}/suspects")
    def stop(data: Data) -> Suspects:
        """End a search that is under way."""
        found = studio.data(data)
        search.stop(found)
        return search.look(found)


def _add_corrections(router: APIRouter, studio: Studio) -> None:
    correcting = threading.Lock()

    def told(data: str) -> Corrections:
        found, source = studio.data(data), studio.opened(data).source
        labels = {item.label for item in source.items}
        return Corrections(
            manifest=manifest_of(found, studio.home).name,
            classes=sorted(labels, key=natural_order),
            corrections=corrections(found, studio),
        )

    @router.get("/api/data/{data}/corrections")
    def read(data: Data) -> Corrections:
        """Which pictures were put under another class."""
        return told(data)

    @router.put("/api/data/{data}/corrections/{place}")
    def write(data: Data, place: Annotated[int, Path(ge=0)], new: NewLabel) -> Corrections:
        """Put a picture under another class, in a copy of the list: the pictures stay as they are."""
        with correcting:
            correct(studio.data(data), place, new.label, studio)
        return told(data)


def _answers(judged: Judgement, rows: NDArray[np.int64]) -> Answers:
    predicted, labels = judged.predicted[rows], judged.labels[rows]
    shares = judged.probabilities
    return Answers(
        places=judged.places[rows].tolist(),
        names=[judged.names[row] for row in rows.tolist()],
        labels=labels.tolist(),
        predicted=predicted.tolist(),
        probabilities=shares[rows, predicted].tolist(),
        label_probabilities=shares[rows, labels].tolist(),
    )
