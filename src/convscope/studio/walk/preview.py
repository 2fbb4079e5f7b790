"""A prepared picture and the prediction of the model with its unsaved edits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, Field

from convscope.serving.limits import Limits
from convscope.walkthrough.arrays import EncodedArray, encode

if TYPE_CHECKING:
    from convscope.model.inputs import Picture
    from convscope.studio.walk.edit_lists import EditLists
    from convscope.studio.workspace import Workspace


class SimilarKnown(BaseModel):
    """A training picture that a picture resembles, by its class."""

    label: str
    similarity: float = Field(description="Cosine of their features.")


class Preview(BaseModel):
    """A prepared picture and the model's answer."""

    pixels: EncodedArray = Field(description="The prepared picture (channels, height, width).")
    classes: list[str]
    probabilities: list[float]
    unknown: bool = Field(description="Whether it is probably of none of the classes.")
    similar: list[SimilarKnown] = Field(
        description="The training pictures that it resembles most; empty if the model does not compare them."
    )


def preview(picture: Picture, name: str, model: str, workspace: Workspace, edits: EditLists) -> Preview:
    """Prepare and classify a picture.

    Args:
        picture: Bytes of a file, or pixels.
        name: Name for the error message.
        model: The model's id.
        workspace: The workspace with the model.
        edits: The unsaved edits.

    Raises:
        RequestError: 404: there is no such model.
        ConvscopeError: The picture cannot be read, or the model cannot be used.
    """
    classifier = workspace.models.classifier(model)
    pixels = classifier.prepared(picture, name, pixel_limit=Limits().pixels)
    answer = edits.edited(model).answer(pixels)
    return Preview(
        pixels=encode(pixels.transpose(2, 0, 1), "uint8"),
        classes=list(classifier.classes),
        probabilities=answer.probabilities.tolist(),
        unknown=answer.unknown,
        similar=[
            SimilarKnown(label=classifier.classes[one.label], similarity=one.similarity)
            for one in answer.similar
        ],
    )
