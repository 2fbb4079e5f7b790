"""The development of a network: filters of any step, and feature maps of a picture, epoch by epoch."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from convscope.classifier import Classifier
from convscope.common.printable import printable
from convscope.errors import RequestError
from convscope.model.file import load
from convscope.model.intermediate import Intermediate
from convscope.studio.ids import RunName  # noqa: TC001 - FastAPI looks it up
from convscope.studio.models import OpenModel  # noqa: TC001 - FastAPI looks it up
from convscope.training.run_files import COMPUTED_FILTERS
from convscope.walkthrough.arrays import EncodedArray, encode

if TYPE_CHECKING:
    from pathlib import Path as FilePath

    import numpy as np
    from numpy.typing import NDArray

    from convscope.model.file import Model
    from convscope.network.chain import Step
    from convscope.pictures.sources import Source
    from convscope.studio.train.runs import Runs
    from convscope.studio.workspace import Workspace

_LARGEST_MAP = 48
_LONGEST_NAME = 40  # name of a run, so that the model's name is not too long
Epoch = Annotated[int, Path(ge=0)]
_MOST_WEIGHTS = 65_536  # filters shown of a step


class Snapshots(BaseModel):
    """The epochs with a stored network; epoch 0 is untrained."""

    epochs: list[int]


class Snapshot(BaseModel):
    """The computation of one epoch's network for one picture."""

    epoch: int
    classes: list[str]
    probabilities: list[float] = Field(description="Of each class; not calibrated during training.")
    label: str = Field(description="The class the picture is labelled with.")
    pixels: EncodedArray = Field(description="The prepared picture (channels, height, width).")
    filters: EncodedArray | None = Field(
        description="The first filters of the convolution whose maps these are (filters, channels, height, "
        "width); null if it is none."
    )
    computed: str | None = Field(
        description="The step whose filters were computed from the pictures (whitening) and are not learned."
    )
    steps: list[str] = Field(
        description="The steps that have feature maps.", examples=[["convolution_1.relu", "max_pooling_1"]]
    )
    step: str | None = Field(description="The one whose maps these are; null if there is none.")
    maps: EncodedArray | None = Field(
        description="Its feature maps (maps, height, width); of large ones every n-th cell."
    )


def snapshot_routes(workspace: Workspace, runs: Runs) -> APIRouter:
    """Create the routes."""
    router = APIRouter()

    @router.get("/api/runs/{run}/epochs")
    def epochs(run: RunName) -> Snapshots:
        """The epochs with a stored network."""
        return Snapshots(epochs=[*runs.snapshots(run)])

    @router.get("/api/runs/{run}/epochs/{epoch}")
    def snapshot(
        run: RunName,
        epoch: Epoch,
        place: Annotated[int, Query(ge=0, description="The picture's index in its source.")] = 0,
        step: Annotated[
            str,
            Query(max_length=64, description="Whose maps; by default the first whose filters are learned."),
        ] = "",
    ) -> Snapshot:
        """The computation of one epoch's network for one picture."""
        source = workspace.sources.open_at(runs.data(run)).source
        return _snapshot(_path(runs, run, epoch), epoch, source, place, step)

    @router.post("/api/runs/{run}/epochs/{epoch}/kept")
    def keep(run: RunName, epoch: Epoch) -> OpenModel:
        """Save the network after one epoch as a model, also while the run continues."""
        model = replace(load(_path(runs, run, epoch)), receipt={"data": runs.data(run)})
        return workspace.models.save(model, f"{run[:_LONGEST_NAME]} epoch {epoch}")

    return router


def _path(runs: Runs, run: str, epoch: int) -> FilePath:
    path = runs.snapshots(run).get(epoch)
    if path is None:
        raise RequestError(f"the network after epoch {epoch} was not kept", status=404)
    return path


def _snapshot(path: FilePath, epoch: int, source: Source, index: int, wanted: str) -> Snapshot:
    classifier = Classifier(load(path), 1)
    if index >= len(source.items):
        raise RequestError(f"there is no picture {index}", status=404, why=f"there are {len(source.items):,}")
    pixels = classifier.prepared(source.read(index), source.items[index].name)
    model = classifier.model
    computed = model.receipt.get(COMPUTED_FILTERS)
    shown = {model.chain.activation(layer).name: layer for layer in model.chain.layers if layer.has_maps}
    learned = [name for name, layer in shown.items() if layer.parameters and layer.name != computed]
    step = wanted or next(iter([*learned, *shown]), None)
    if step is not None and step not in shown:
        raise RequestError(f"{printable(step)} has no feature maps", status=404, remedy="choose another step")
    return Snapshot(
        epoch=epoch,
        classes=list(classifier.classes),
        probabilities=classifier.predictor.probabilities(pixels[None])[0].tolist(),
        label=source.items[index].label,
        pixels=encode(pixels.transpose(2, 0, 1), "uint8"),
        filters=None if step is None else _filters(model, shown[step]),
        computed=computed,
        steps=[*shown],
        step=step,
        maps=None if step is None else _maps(model, step, pixels),
    )


def _filters(model: Model, layer: Step) -> EncodedArray | None:
    if "convolution" not in layer.kind:
        return None
    weight = model.weights[f"{layer.name}.weight"]
    return encode(weight[: max(1, _MOST_WEIGHTS // weight[0].size)], "float32")


def _maps(model: Model, step: str, pixels: NDArray[np.uint8]) -> EncodedArray:
    maps = Intermediate(model, [step], 1).values(pixels[None])[step][0]
    every = -(-max(maps.shape[1:]) // _LARGEST_MAP)
    return encode(maps[:, ::every, ::every], "float32")
