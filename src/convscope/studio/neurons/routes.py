"""Neurons: the pictures that activate each filter and neuron most, and the class it is selective for."""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from convscope.errors import ConvscopeError, RequestError
from convscope.model.selection import select
from convscope.studio.cache import Cache
from convscope.studio.ids import DataIdQuery, ModelId, PartQuery  # noqa: TC001 - FastAPI looks them up
from convscope.walkthrough.arrays import STORED, EncodedArray, encode
from convscope.walkthrough.neurons import Activations, collect_activations

if TYPE_CHECKING:
    from convscope.classifier import Classifier
    from convscope.model.selection import PartOrAll, Selection
    from convscope.studio.workspace import Workspace

_MOST_CACHED = 8
_FILTER_AXES = 4
"""(filters, channels, height, width)."""


class Unit(BaseModel):
    """A filter or a neuron."""

    class_index: int = Field(description="The class with its largest mean activation.")
    selectivity: float | None = Field(description="For that class, 0 to 1; null where it says nothing.")
    mean: list[float | None] = Field(description="Its mean activation for each class; null without pictures.")
    places: list[int] = Field(description="The pictures that activate it most, indices in their source.")
    values: list[float] = Field(description="Its activation for each of them.")
    cells: list[tuple[int, int]] | None = Field(
        description="Row and column of the largest activation in its feature map; null if it has no map."
    )


class UnitLayer(BaseModel):
    """The filters or neurons of one step."""

    name: str = Field(examples=["convolution_1.relu"])
    size: tuple[int, int] = Field(description="Its receptive field: height and width in pixels.")
    stride: tuple[int, int]
    start: tuple[int, int] = Field(
        description="The receptive field of cell (y, x) begins at start + (y, x) * stride."
    )
    units: list[Unit]


class FilterWeights(BaseModel):
    """The weights of one filter."""

    weights: EncodedArray = Field(description="(input channels, height, width).")


class NeuronSurvey(BaseModel):
    """The pictures that activate the filters and neurons, once all have passed through."""

    state: Literal["preparing", "showing", "done", "failed"]
    done: int = Field(description="The number of pictures prepared, or shown, so far.")
    total: int
    error: str = Field(description="Why it failed, if it did.")
    classes: list[str]
    shape: tuple[int, int, int] = Field(description="Channels, height and width of the model's input.")
    fit: Literal["stretch", "pad", "crop"] = Field(description="How other aspect ratios are made to fit.")
    pictures: list[int] = Field(default=[], description="The number of pictures of each class.")
    notes: list[str] = []
    steps: list[UnitLayer] = []


@dataclass(slots=True, eq=False)
class _Survey:
    """A pass of all pictures through a model, in its own thread."""

    state: Literal["preparing", "showing", "done", "failed"] = "preparing"
    done: int = 0
    total: int = 0
    error: str = ""
    selection: Selection | None = None
    activations: tuple[Activations, ...] = ()

    @classmethod
    def start(cls, classifier: Classifier, location: str, part: PartOrAll) -> _Survey:
        survey = cls()
        threading.Thread(target=survey._run, args=(classifier, location, part), daemon=True).start()
        return survey

    def _run(self, classifier: Classifier, location: str, part: PartOrAll) -> None:
        try:
            self.selection = select(location, classifier.model, part, progress=self._count)
            self.state = "showing"
            self.activations = tuple(collect_activations(classifier.model, self.selection, self._count))
            self.state = "done"
        except ConvscopeError as error:
            self.error, self.state = str(error), "failed"

    def _count(self, done: int, total: int) -> None:
        self.done, self.total = done, total


def neuron_routes(workspace: Workspace) -> APIRouter:
    """Create the routes."""
    router = APIRouter(tags=["neurons"])
    cache: Cache[tuple[Classifier, str, str, PartOrAll], _Survey] = Cache(_MOST_CACHED)

    def survey_of(model: str, data: str, part: PartOrAll) -> _Survey:
        """Return the survey. The first call starts it; a failed one is restarted after it was reported."""
        classifier, opened = workspace.models.classifier(model), workspace.sources.open(data)
        location = workspace.sources.find(data).location
        key = (classifier, location, opened.fingerprint, part)
        survey = cache.get(key, lambda: _Survey.start(classifier, location, part))
        if survey.state == "failed":
            cache.discard(key, survey)
        return survey

    @router.get("/api/models/{model}/neurons")
    def neurons(model: ModelId, data: DataIdQuery, part: PartQuery = "test") -> NeuronSurvey:
        """The progress of the survey and, once it is done, what activates each filter and neuron."""
        survey, known = survey_of(model, data, part), workspace.models.classifier(model).model
        size = known.preparation
        report = NeuronSurvey(
            state=survey.state,
            done=survey.done,
            total=survey.total,
            error=survey.error,
            classes=list(known.classes),
            shape=(size.channels, size.height, size.width),
            fit=size.fit,
        )
        if report.state == "done" and survey.selection is not None:
            selection = survey.selection
            report.pictures = selection.target.indicators(selection.labels).sum(axis=0).tolist()
            report.notes = list(selection.notes)
            report.steps = [_layer(step, selection) for step in survey.activations]
        return report

    @router.get("/api/models/{model}/filters/{step}/{index}")
    def filter_weights(
        model: ModelId,
        step: Annotated[str, Path(max_length=100, description="A convolution.")],
        index: Annotated[int, Path(ge=0, description="Which of its filters.")],
    ) -> FilterWeights:
        """The weights of one filter."""
        weights = workspace.models.classifier(model).model.weights.get(f"{step}.weight")
        if weights is None or weights.ndim != _FILTER_AXES or index >= len(weights):
            raise RequestError("there is no such filter", status=404)
        return FilterWeights(weights=encode(weights[index], "float32", STORED))

    return router


def _layer(step: Activations, selection: Selection) -> UnitLayer:
    down, across = step.field
    places = selection.positions[step.pictures].tolist()
    rows = zip(
        step.classes.tolist(),
        step.selectivity.tolist(),
        step.mean.tolist(),
        places,
        step.values.tolist(),
        [None] * len(places) if step.cells is None else step.cells.tolist(),
        strict=True,
    )
    return UnitLayer(
        name=step.step,
        size=(down.size, across.size),
        stride=(down.stride, across.stride),
        start=(down.start, across.start),
        units=[
            Unit(
                class_index=class_index,
                selectivity=_or_none(selectivity),
                mean=[_or_none(value) for value in mean],
                places=pictures,
                values=values,
                cells=cells,
            )
            for class_index, selectivity, mean, pictures, values, cells in rows
        ],
    )


def _or_none(number: float) -> float | None:
    return None if math.isnan(number) else number
