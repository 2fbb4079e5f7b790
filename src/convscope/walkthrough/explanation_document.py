"""The parts of a walk other than its steps: why this answer, what if, and the invariance lab, as schemas.

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
    """A part of a document: nothing that is not declared, and nothing changes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class GradCamMap(Strict):
    """A Grad-CAM map of one class."""

    class_index: int
    map: EncodedArray


class GradCam(Strict):
    """Where the cells lie that speak for a class."""

    layer: str
    map: EncodedArray
    classes: list[GradCamMap]
    text: str


class EvidencePart(Strict):
    """What the places of one step's maps add to a logit, and their sum."""

    step: str
    total: Number
    map: EncodedArray


class ClassEvidence(Strict):
    """The logit of a class as bias and sum over places; the map is all parts, laid on the finest."""

    class_index: int
    bias: Number
    logit: Number
    parts: list[EvidencePart]
    map: EncodedArray


class Evidence(Strict):
    """What each place adds to the logit of each class, exactly."""

    classes: list[ClassEvidence]
    text: str


class OcclusionMap(Strict):
    """What a grey square costs one class."""

    class_index: int
    map: EncodedArray


class Occlusion(Strict):
    """What a grey square costs each class, wherever it stands."""

    window: Pair
    stride: Pair
    classes: list[OcclusionMap]
    text: str


class Why(Strict):
    """Why this answer."""

    evidence: Evidence | None
    grad_cam: GradCam | None
    occlusion: Occlusion


class Origin(Strict):
    """Where the weights come from that training started from."""

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
    """A training picture with similar features; name and thumbnail are null where they are not at hand."""

    name: str | None
    label: str
    similarity: Number
    thumbnail: str | None


class Linear(Strict):
    """The proof by number that steps without ReLU are one matrix."""

    classes: list[int]
    weights_shape: list[int]
    pictures: int
    largest_difference: Number
    text: str


class NoRelu(Strict):
    """The same weights with every ReLU left out; `labels` are those found where there may be several."""

    probabilities: list[Share]
    predicted: int
    labels: list[int] | None = None
    linear: Linear


class After(Strict):
    """How far the pooled maps move, by kind of pooling."""

    max: list[Number]
    average: list[Number]
    none: list[Number]


class Logits(Strict):
    """The logits at each amount of a change, and how far they are from those of the unchanged picture."""

    logits: EncodedArray
    distances: list[Number]


class ByPooling(Strict):
    """What a network says with the same weights and another pooling."""

    max: Logits
    average: Logits
    none: Logits


class Invariance(Strict):
    """One kind of change of the picture, and what moves with it."""

    change: Literal["shift", "turn", "scale", "squash"]
    amounts: list[Number]
    unit: str
    thumbnails: list[str]
    logits: EncodedArray
    probabilities: EncodedArray
    before: list[Number]
    after: After
    by_pooling: ByPooling | None
