"""From a picture to the steps that a walk tells, each checked against the engine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from convscope.model.calibration import tempered
from convscope.model.inputs import picture_name, pixels_of
from convscope.model.intermediate import Intermediate
from convscope.network.notation import parse
from convscope.network.shapes import Row, trace
from convscope.pictures.preparation import prepare
from convscope.steps import cross_entropy, softmax
from convscope.walkthrough.chain import Step, forward, step_names
from convscope.walkthrough.changes import changes
from convscope.walkthrough.document import ImageStep
from convscope.walkthrough.drawing import data_url
from convscope.walkthrough.losses import foremost
from convscope.walkthrough.receptive_field import Field, receptive_fields
from convscope.walkthrough.step_fields import Teller, common_fields

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from convscope.model.file import Model
    from convscope.model.inputs import Picture
    from convscope.walkthrough.document import AnyStep, Change


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """A picture as a model sees it, before its first step: whatever the weights of that model are.

    Attributes:
        name: What people call it.
        pixels: uint8 (height, width, channels), prepared.
        original: As a data URL.
        original_shape: Height, width and channels of the original, upright.
        changes: What was done to it.
    """

    name: str
    pixels: NDArray[np.uint8]
    original: str
    original_shape: tuple[int, int, int]
    changes: list[Change]


@dataclass(frozen=True, slots=True, eq=False)
class Taken:
    """A picture that was taken through a model.

    Attributes:
        seen: The picture.
        steps: What `chain.forward` returned for it.
        rows: Shape and cost of each step.
        fields: What each step sees of the picture.
        differences: By name, how far each step is from what the engine computes, at most.
    """

    seen: Seen
    steps: tuple[Step, ...]
    rows: tuple[Row, ...]
    fields: list[Field]
    differences: dict[str, float]

    def tell(self, teller: Teller) -> list[AnyStep]:
        """Tell every step in order, the loss last."""
        told = zip(self.steps[1:], self.rows[1:], self.fields[1:], strict=True)
        return [
            self._image(teller),
            *(teller.tell(step, row, field, self.differences[step.name]) for step, row, field in told),
            teller.loss(self.steps[-1].input, self.rows[-1], self.fields[-1], self.differences["loss"]),
        ]

    def _image(self, teller: Teller) -> ImageStep:
        seen, model = self.seen, teller.model
        return ImageStep(
            **common_fields("image", self.rows[0], self.fields[0], self.differences["image"]),
            original=seen.original,
            original_shape=[*seen.original_shape],
            changes=seen.changes,
            pixels=teller.encode_as("uint8", seen.pixels.transpose(2, 0, 1)),
            mean=[*model.mean],
            std=[*model.std],
            output=teller.encode(self.steps[0].output),
        )


def engine_of(model: Model, *, rectify: bool = True) -> Intermediate:
    """Make the engine ready that computes what every step of a walk is checked against.

    For one picture at a time, one thread is enough: more would spend longer waiting for each other.
    """
    return Intermediate(model, step_names(model, rectify=rectify)[:-1], threads=1, rectify=rectify)


def see(picture: Picture, model: Model, name: str | None = None) -> Seen:
    """Read a picture and prepare it for a model.

    Args:
        picture: As `convscope.load(...).predict` takes one.
        model: The model.
        name: What to call it; None takes its path.

    Raises:
        PictureError: The picture cannot be read.
    """
    name, size = name or picture_name(picture, 1), model.preparation
    original, decoded = pixels_of(picture, name), pixels_of(picture, name, size.shortest_side)
    height, width = original.shape[:2]
    return Seen(
        name,
        pixels=prepare(decoded, size),
        original=data_url(original),
        original_shape=(height, width, original.shape[2] if original.ndim == 3 else 1),
        changes=changes(picture, original, decoded, model),
    )


def take(seen: Seen, model: Model, engine: Intermediate, *, rectify: bool = True) -> Taken:
    """Take a picture through a model.

    Args:
        seen: What `see` returned for this model, or for one that differs from it in its weights alone.
        model: The model.
        engine: What `engine_of` made of it.
        rectify: Whether ReLU takes part; the engine must say the same.

    Raises:
        NetworkError: The model's numbers grow beyond all bounds.
    """
    size = model.preparation
    steps = forward(model, seen.pixels, rectify=rectify)
    rows = trace(parse(model.notation), (size.channels, size.height, size.width), len(model.classes))
    return Taken(
        seen,
        steps,
        rows=tuple(row for row in rows if rectify or row.step != "ReLU"),
        fields=receptive_fields(steps),
        differences=_differences(model, engine.values(seen.pixels[np.newaxis]), steps),
    )


def _differences(
    model: Model, engine: Mapping[str, NDArray[np.float32]], steps: tuple[Step, ...]
) -> dict[str, float]:
    """Compare each step with the engine's: the largest absolute difference.

    The engine's probabilities are calibrated, so those are compared; the losses are compared with
    cross-entropy, the steepest of them, of the engine's logits.
    """
    found = {step.name: float(np.abs(step.output - engine[step.name][0]).max()) for step in steps[:-1]}
    logits, of_engine = steps[-1].input, engine[steps[-2].name]
    calibrated = softmax.forward(logits / model.temperature)
    difference = np.abs(calibrated - tempered(of_engine, model.temperature)[0]).max()
    losses = (
        abs(cross_entropy.forward(logits, truth) - cross_entropy.forward(of_engine[0], truth))
        for truth in foremost(logits)
    )
    return {**found, "softmax": float(difference), "loss": max(losses)}
