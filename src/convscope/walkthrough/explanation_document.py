"""Schemas of the parts of a walk other than its steps: why this prediction, what if, and invariance.

`docs/reference/walk.md` explains every field.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from convscope.walkthrough.arrays import EncodedArray  # noqa: TC001 - pydantic needs it

Number = Annotated[float, Field(allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Pair = Annotated[list[int], Field(min_length=2, max_length=2)]


class Strict(BaseModel):
    """A part of a document: immutable, without undeclared fields."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class GradCamMap(Strict):
    """A Grad-CAM map of one class."""

    class_index: int
    map: EncodedArray


class GradCam(Strict):
    """The cells with evidence for a class."""

    layer: str
    map: EncodedArray
    classes: list[GradCamMap]
    text: str


class EvidencePart(Strict):
    """The contributions of the positions in one step's maps to a logit, and their sum."""

    step: str
    total: Number
    map: EncodedArray


class ClassEvidence(Strict):
    """The logit of a class as bias plus sum over positions; the map adds all parts, at the finest size."""

    class_index: int
    bias: Number
    logit: Number
    parts: list[EvidencePart]
    map: EncodedArray


class Evidence(Strict):
    """The exact contribution of each position to the logit of each class."""

    classes: list[ClassEvidence]
    text: str


class OcclusionMap(Strict):
    """The loss of probability by a grey square, for one class."""

    class_index: int
    map: EncodedArray


class Occlusion(Strict):
    """The loss of probability by a grey square at each position, for each class."""

    window: Pair
    stride: Pair
    classes: list[OcclusionMap]
    text: str


class Why(Strict):
    """Why this prediction."""

    evidence: Evidence | None
    grad_cam: GradCam | None
    occlusion: Occlusion


class Origin(Strict):
    """The origin of the weights that training started from."""

    text: str
    licence: str
    digest: str


class OpenSet(Strict):
    """Whether the picture belongs to none of the classes, by the model's open-set rule."""

    kind: Literal["virtual_logit", "nearest"]
    score: Number
    threshold: Number
    rejected_fraction: Share
    unknown: bool


class Neighbour(Strict):
    """A training picture with similar features; name and thumbnail are null if not available."""

    name: str | None
    label: str
    similarity: Number
    thumbnail: str | None


class Linear(Strict):
    """A numerical proof that steps without ReLU are equivalent to one matrix."""

    classes: list[int]
    weights_shape: list[int]
    pictures: int
    largest_difference: Number
    text: str


class NoRelu(Strict):
    """The same weights without any ReLU; `labels` are the predicted ones if there may be several."""

    probabilities: list[Share]
    predicted: int
    labels: list[int] | None = None
    linear: Linear


class After(Strict):
    """How much the pooled maps change, by kind of pooling."""

    max: list[Number]
    average: list[Number]
    none: list[Number]


class Logits(Strict):
    """The logits at each amount of a transformation, and their distance to those of the original picture."""

    logits: EncodedArray
    distances: list[Number]


class ByPooling(Strict):
    """The predictions of a network with the same weights and another pooling."""

    max: Logits
    average: Logits
    none: Logits


class Invariance(Strict):
    """One transformation of the picture, and its effect on maps and logits."""

    change: Literal["shift", "turn", "scale", "squash"]
    amounts: list[Number]
    unit: str
    thumbnails: list[str]
    logits: EncodedArray
    probabilities: EncodedArray
    before: list[Number]
    after: After
    by_pooling: ByPooling | None
