"""Verify a model: are the pictures those of training, and does training again give the same weights?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from convscope.errors import ModelFileError
from convscope.model.picture_list import Differences, differences
from convscope.model.picture_names import read_list
from convscope.model.receipt import environment
from convscope.pictures.sources import open_source
from convscope.pictures.store_building import build_catalogue, build_store, is_stored

if TYPE_CHECKING:
    from pathlib import Path

    from convscope.model.file import Model
    from convscope.pictures.decoding import Progress
    from convscope.pictures.preparation import Preparation
    from convscope.pictures.sources import Data, Source
    from convscope.pictures.store import Catalogue

_MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class DataCheck:
    """Whether pictures are those that a model was trained with.

    Attributes:
        same: Whether content, classes and parts are the same, in the same order.
        differences: How they differ; None if it is unknown, because the list of pictures is missing.
        reason: Why it is unknown; empty if it is known.
        notes: Remarks on how the pictures were read, and which were left out.
    """

    same: bool
    differences: Differences | None
    reason: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WeightsCheck:
    """How the weights of two models compare.

    Attributes:
        identical: Whether they are bitwise identical.
        largest_difference: The largest absolute difference between two weights; None if the networks have
            different shapes.
    """

    identical: bool
    largest_difference: float | None


@dataclass(frozen=True, slots=True)
class Changed:
    """A fact whose value differs from the receipt."""

    fact: str
    then: str
    now: str


def check_data(model: Model, folder: Path, data: Data, *, progress: Progress | None = None) -> DataCheck:
    """Compare pictures with those that a model was trained with.

    Args:
        model: The model.
        folder: The folder with its file and the list of its pictures.
        data: A source, as for training.
        progress: Called with (pictures read, pictures in all).

    Raises:
        ModelFileError: The model has no receipt.
        DataError: The source cannot be used.
        StoreError: The catalogue of the pictures cannot be written.
    """
    if "data_digest" not in model.receipt:
        raise ModelFileError(
            "this model has no receipt", remedy="verify a model that `convscope train` wrote"
        )
    source = open_source(data, several_labels=model.has_several_labels)
    catalogue = _catalogue(source, model.preparation, progress)
    if catalogue.digest != model.receipt["data_digest"] and {*catalogue.classes} == {*model.classes}:
        catalogue = catalogue.ordered(model.classes)  # in the order given with --class-order
    notes = catalogue.notes + catalogue.broken_notes(_MOST_NAMED, " that cannot be read")
    if catalogue.digest == model.receipt["data_digest"]:
        return DataCheck(same=True, differences=Differences((), (), (), ()), notes=notes)
    try:
        found = differences(read_list(folder, model.receipt), catalogue)
    except ValueError as error:
        return DataCheck(same=False, differences=None, reason=str(error), notes=notes)
    return DataCheck(same=False, differences=found, notes=notes)


def check_weights(first: Model, second: Model) -> WeightsCheck:
    """Compare the weights of two models.

    Example:
        >>> from convscope.model.file import Model
        >>> from convscope.pictures.preparation import Preparation
        >>> one, other = (
        ...     Model("", ("a", "b"), Preparation(1, 1, 1), (0,), (1,), {"w": np.float32([1, weight])})
        ...     for weight in (2, 2.5)
        ... )
        >>> check_weights(one, other)
        WeightsCheck(identical=False, largest_difference=0.5)
    """
    shapes = [{name: weight.shape for name, weight in one.weights.items()} for one in (first, second)]
    if shapes[0] != shapes[1]:
        return WeightsCheck(identical=False, largest_difference=None)
    pairs = [(weight, second.weights[name]) for name, weight in first.weights.items()]
    return WeightsCheck(
        identical=all(one.tobytes() == other.tobytes() for one, other in pairs),
        largest_difference=max(float(np.abs(one - other).max(initial=0)) for one, other in pairs),
    )


def changes(model: Model) -> tuple[Changed, ...]:
    """List the differences to the receipt on this machine: code, packages, hardware."""
    return tuple(
        Changed(fact, model.receipt.get(fact, ""), now)
        for fact, now in environment().items()
        if model.receipt.get(fact, "") != now
    )


def _catalogue(source: Source, form: Preparation, progress: Progress | None) -> Catalogue:
    """Build the catalogue of the pictures without storing them, or take it from an existing store."""
    if is_stored(source, form):
        return build_store(source, form, progress=progress)
    return build_catalogue(source, form, progress=progress)[0]
