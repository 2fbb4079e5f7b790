"""A prepared picture and the model's answer, with its unsaved edits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, Field

from convscope.serving.limits import Limits
from convscope.walkthrough.arrays import EncodedArray, encode

if TYPE_CHECKING:
    from convscope.model.inputs import Picture
    from convscope.studio.walk.edit_lists import EditLists
    from convscope.studio.workspace import Workspace


class Preview(BaseModel):
    """A prepared picture and the model's answer."""

    pixels: EncodedArray = Field(description="The prepared picture (channels, height, width).")
    classes: list[str]
    probabilities: list[float]


def preview(picture: Picture, name: str, model: str, workspace: Workspace, edits: EditLists) -> Preview:
    """Prepare and classify a picture.

    Args:
        picture: Bytes of a file, or pixels.
        name: For the message if it cannot be read.
        model: The model's id.
        workspace: Has the model open.
        edits: The unsaved edits.

    Raises:
        RequestError: 404: there is no such model.
        ConvscopeError: The picture cannot be read, or the model cannot be used.
    """
    classifier = workspace.models.classifier(model)
    pixels = classifier.prepared(picture, name, pixel_limit=Limits().pixels)
    return Preview(
        pixels=encode(pixels.transpose(2, 0, 1), "uint8"),
        classes=list(classifier.classes),
        probabilities=edits.edited(model).probabilities(pixels).tolist(),
    )
