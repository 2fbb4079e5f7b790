"""Neurons: which pictures light each filter and neuron up, and which class it speaks for."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from convscope.errors import ConvscopeError
from convscope.model.selection import Judged, select
from convscope.walkthrough.neurons import Answers, answers

if TYPE_CHECKING:
    from convscope.classifier import Classifier
    from convscope.model.selection import Selection
    from convscope.studio.opened import Studio

_MOST_KEPT = 8
"""So many surveys are held at once; who was asked for least lately makes room."""

Model = Annotated[str, Path(description="The model's id.", max_length=16)]
Part = Annotated[Judged, Query(description="Which of the pictures; `test` is what training sets aside.")]


class Unit(BaseModel):
    """A filter or a neuron."""

    class_index: int = Field(description="The class it speaks for: the one with the largest mean answer.")
    selectivity: float | None = Field(description="How clearly: 0 to 1; null where that says nothing.")
    mean: list[float | None] = Field(description="Its mean answer to each class; null where there is none.")
    places: list[int] = Field(description="The pictures that light it up most, by place in their source.")
    values: list[float] = Field(description="What it answers to each of them.")
    cells: list[tuple[int, int]] | None = Field(
        description="Row and column of the largest cell of its map; null where it has no map."
    )


class Step(BaseModel):
    """The filters or neurons of one step."""

    name: str = Field(examples=["convolution_1.relu"])
    size: tuple[int, int] = Field(description="How many pixels one of them sees, down and across.")
    stride: tuple[int, int]
    start: tuple[int, int] = Field(
        description="Cell (y, x) sees the picture from start + (y, x) * stride on."
    )
    units: list[Unit]


class Neurons(BaseModel):
    """What all filters and neurons answer to, once all pictures were shown."""

    state: Literal["preparing", "showing", "done", "failed"]
    done: int = Field(description="How many pictures are prepared, or shown, so far.")
    total: int
    problem: str = Field(description="What went wrong, if it failed.")
    classes: list[str]
    shape: tuple[int, int, int] = Field(description="Channels, height and width of what the model sees.")
    fit: Literal["stretch", "pad", "crop"] = Field(description="How other proportions are fitted.")
    pictures: list[int] = Field(default=[], description="How many pictures each class has.")
    notes: list[str] = []
    steps: list[Step] = []


@dataclass(slots=True, eq=False)
class _Survey:
    """One showing of pictures to a model; a thread of its own fills it in."""

    state: Literal["preparing", "showing", "done", "failed"] = "preparing"
    done: int = 0
    total: int = 0
    problem: str = ""
    selection: Selection | None = None
    found: tuple[Answers, ...] = ()

    def run(self, classifier: Classifier, where: str, part: Judged) -> None:
        """Show the pictures and keep what is answered, or what went wrong."""
        try:
            self.selection = select(where, classifier.model, part, progress=self._count)
            self.state = "showing"
            self.found = tuple(answers(classifier.model, self.selection, self._count))
            self.state = "done"
        except ConvscopeError as error:
            self.problem, self.state = str(error), "failed"

    def _count(self, done: int, total: int) -> None:
        self.done, self.total = done, total


class _Surveys:
    """Surveys that are under way or remembered."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[Classifier, str, str, Judged], _Survey] = OrderedDict()

    def of(self, model: str, data: str, part: Judged) -> _Survey:
        """The survey of a model and a part of some pictures as they are now; the first call begins it.

        One that failed is told once, and begins anew with the next call.
        """
        classifier, where = self._studio.classifier(model), self._studio.data(data).where
        key = (classifier, where, self._studio.opened(data).fingerprint, part)
        with self._lock:
            survey = self._kept.pop(key, None)
            if survey is None:
                survey = _Survey()
                threading.Thread(target=survey.run, args=(classifier, where, part), daemon=True).start()
            if survey.state != "failed":
                self._kept[key] = survey
            while len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
        return survey


def neuron_routes(studio: Studio) -> APIRouter:
    """Put the addresses together."""
    router = APIRouter(tags=["neurons"])
    surveys = _Surveys(studio)

    @router.get("/api/models/{model}/neurons")
    def neurons(model: Model, data: Annotated[str, Query(max_length=16)], part: Part = "test") -> Neurons:
        """How far the pictures are shown and, when all were, what each filter and neuron answers to."""
        survey, known = surveys.of(model, data, part), studio.classifier(model).model
        size = known.preparation
        told = Neurons(
            state=survey.state,
            done=survey.done,
            total=survey.total,
            problem=survey.problem,
            classes=list(known.classes),
            shape=(size.channels, size.height, size.width),
            fit=size.fit,
        )
        if told.state == "done" and survey.selection is not None:
            chosen = survey.selection
            told.pictures = np.bincount(chosen.labels, minlength=len(known.classes)).tolist()
            told.notes = list(chosen.notes)
            told.steps = [_step(one, chosen) for one in survey.found]
        return told

    return router


def _step(found: Answers, selection: Selection) -> Step:
    down, across = found.field
    places = selection.places[found.pictures].tolist()
    rows = zip(
        found.classes.tolist(),
        found.selectivity.tolist(),
        found.mean.tolist(),
        places,
        found.values.tolist(),
        [None] * len(places) if found.cells is None else found.cells.tolist(),
        strict=True,
    )
    return Step(
        name=found.step,
        size=(down.size, across.size),
        stride=(down.stride, across.stride),
        start=(down.start, across.start),
        units=[
            Unit(
                class_index=class_index,
                selectivity=_or_none(selectivity),
                mean=[_or_none(one) for one in mean],
                places=pictures,
                values=values,
                cells=cells,
            )
            for class_index, selectivity, mean, pictures, values, cells in rows
        ],
    )


def _or_none(number: float) -> float | None:
    return None if math.isnan(number) else number
