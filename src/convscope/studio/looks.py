"""What a model sees in a picture and says about it, with what is changed in it and not yet kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, Field

from convscope.serving.limits import Limits
from convscope.walkthrough.arrays import EncodedArray, encode

if TYPE_CHECKING:
    from convscope.model.inputs import Picture
    from convscope.studio.opened import Studio


class Look(BaseModel):
    """A picture as a model sees it, and what the model says."""

    pixels: EncodedArray = Field(description="As the network gets it (channels, height, width).")
    classes: list[str]
    probabilities: list[float]


def look_at(picture: Picture, name: str, model: str, studio: Studio) -> Look:
    """Let a model look at a picture.

    Args:
        picture: Bytes of a file, or pixels.
        name: What to call it where it cannot be read.
        model: The model's id.
        studio: Whose model it is.

    Raises:
        RequestError: 404: there is no such model.
        ConvscopeError: The picture cannot be read, or the model cannot be used.
    """
    classifier = studio.classifier(model)
    pixels = classifier.prepared(picture, name, pixel_limit=Limits().pixels)
    return Look(
        pixels=encode(pixels.transpose(2, 0, 1), "uint8"),
        classes=list(classifier.classes),
        probabilities=studio.edits.changed(model).probabilities(pixels).tolist(),
    )
