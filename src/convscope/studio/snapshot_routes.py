"""How a network came to see: its first filters and their maps of one picture, epoch by epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from convscope.classifier import Classifier
from convscope.errors import RequestError
from convscope.model.file import load
from convscope.model.intermediate import Intermediate
from convscope.network.notation import Convolution
from convscope.pictures.sources import open_source
from convscope.walkthrough.arrays import EncodedArray, encode

if TYPE_CHECKING:
    from pathlib import Path as FilePath

    import numpy as np
    from numpy.typing import NDArray

    from convscope.model.file import Model
    from convscope.studio.opened import Studio

MOST_FILTERS = 16
_LONGEST_MAP = 48
Name = Annotated[str, Path(description="The run's name.", max_length=255)]


class Snapshots(BaseModel):
    """The epochs whose network was kept."""

    epochs: list[int]


class Snapshot(BaseModel):
    """What the network of one epoch makes of one picture."""

    epoch: int
    classes: list[str]
    probabilities: list[float] = Field(description="Of each class; not calibrated while training.")
    label: str = Field(description="The class that the picture is under.")
    pixels: EncodedArray = Field(description="The picture as the network gets it (channels, height, width).")
    filters: EncodedArray | None = Field(
        description="The first filters (filters, channels, height, width); null if there are none."
    )
    maps: EncodedArray | None = Field(
        description="Their maps after ReLU (filters, height, width); of large ones every n-th cell."
    )


def snapshot_routes(studio: Studio) -> APIRouter:
    """Put the addresses together."""
    router = APIRouter(tags=["training"])
    runs = studio.runs

    @router.get("/api/runs/{run}/epochs")
    def epochs(run: Name) -> Snapshots:
        """The epochs whose network was kept."""
        return Snapshots(epochs=[*runs.snapshots(run)])

    @router.get("/api/runs/{run}/epochs/{epoch}")
    def snapshot(
        run: Name,
        epoch: Annotated[int, Path(ge=1)],
        place: Annotated[int, Query(ge=0, description="Of the picture among those learned from.")] = 0,
    ) -> Snapshot:
        """What the network after one epoch makes of one picture."""
        path = runs.snapshots(run).get(epoch)
        if path is None:
            raise RequestError(f"the network after epoch {epoch} was not kept", status=404)
        return _snapshot(path, epoch, runs.source(run), place)

    return router


def _snapshot(path: FilePath, epoch: int, where: str, place: int) -> Snapshot:
    classifier = Classifier(load(path), 1)
    source = open_source(where)
    if place >= len(source.items):
        raise RequestError(f"there is no picture {place}", status=404, why=f"there are {len(source.items):,}")
    pixels = classifier.prepared(source.read(place), source.items[place].name)
    filters, maps = _first_convolution(classifier.model, pixels)
    return Snapshot(
        epoch=epoch,
        classes=list(classifier.classes),
        probabilities=classifier.predictor.probabilities(pixels[None])[0].tolist(),
        label=source.items[place].label,
        pixels=encode(pixels.transpose(2, 0, 1), "uint8"),
        filters=filters,
        maps=maps,
    )


def _first_convolution(
    model: Model, pixels: NDArray[np.uint8]
) -> tuple[EncodedArray, EncodedArray] | tuple[None, None]:
    first = model.stages()[0]
    if not isinstance(first.layer, Convolution):
        return None, None
    name = f"{first.name}.relu"
    maps = Intermediate(model, [name], 1).values(pixels[None])[name][0, :MOST_FILTERS]
    step = -(-max(maps.shape[1:]) // _LONGEST_MAP)
    filters = model.weights[f"{first.name}.weight"][:MOST_FILTERS]
    return encode(filters, "float32"), encode(maps[:, ::step, ::step], "float32")
