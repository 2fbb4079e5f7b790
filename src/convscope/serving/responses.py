"""What the service sends back, as JSON and as OpenAPI describes it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from convscope.serving.problems import problem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from convscope.classifier import Classifier
    from convscope.errors import PictureError
    from convscope.predictions import Prediction


class ClassProbability(BaseModel):
    """A class and its probability."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(alias="class", examples=["cat"])
    probability: float = Field(ge=0, le=1, examples=[0.971])


class SimilarPicture(BaseModel):
    """A training picture, by its class: names of files are nobody else's business."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(alias="class", examples=["cat"])
    similarity: float = Field(ge=-1.001, le=1.001, description="Cosine of the features.", examples=[0.83])


class Problem(BaseModel):
    """Problem details (RFC 9457)."""

    title: str = Field(examples=["Unprocessable Content"])
    status: int = Field(examples=[422])
    detail: str = Field("", examples=["cannot read the picture tom.txt"])
    why: str = Field("", examples=["its content is not a JPEG, PNG, GIF, BMP, TIFF or WebP picture"])
    remedy: str = ""


class PicturePrediction(BaseModel):
    """One picture: its labels and most probable classes, best first, or the problem with it."""

    model_config = ConfigDict(extra="forbid")

    picture: str = Field(examples=["tom.jpg"])
    unknown: bool = Field(default=False, description="Whether it probably shows none of the classes.")
    score: float | None = Field(
        default=None,
        description="How well it fits the classes as a whole; null if the model cannot tell.",
        examples=[0.83],
    )
    labels: list[str] | None = Field(
        default=None,
        description="What it shows: the most probable class, or of a model with several labels per picture "
        "all that reach their threshold, the most probable first; none is possible, too.",
        examples=[["cat"]],
    )
    classes: list[ClassProbability] | None = None
    similar: list[SimilarPicture] = Field(
        default=[],
        description="The training pictures that it resembles most; empty if the model does not compare them.",
    )
    problem: Problem | None = None


class PredictResponse(BaseModel):
    """All pictures of a request, in their order."""

    model_config = ConfigDict(extra="forbid")

    model: str = Field(examples=["pets"])
    predictions: list[PicturePrediction]


class ServedModel(BaseModel):
    """One model that is served."""

    name: str = Field(examples=["pets"])
    network: str = Field(examples=["32C3-MP2-64C3-MP2-128N"])
    classes: list[str] = Field(examples=[["cat", "dog"]])
    thresholds: list[float] | None = Field(
        default=None,
        description="From which probability on each label counts as present; null for a model of classes.",
    )


class ServedModels(BaseModel):
    """All models that are served."""

    models: list[ServedModel]


def encode_predictions(
    model: str, names: Sequence[str], outcomes: Sequence[Prediction | PictureError]
) -> bytes:
    """Return a PredictResponse as JSON, without pydantic, which would take longer than predicting."""
    predictions = [_picture(name, outcome) for name, outcome in zip(names, outcomes, strict=True)]
    return json.dumps({"model": model, "predictions": predictions}).encode()


def _picture(name: str, outcome: Prediction | PictureError) -> dict[str, object]:
    if isinstance(outcome, Exception):
        return {"picture": name, "problem": problem(outcome)}
    classes = [{"class": label, "probability": probability} for label, probability in outcome.top]
    similar = [{"class": one.label, "similarity": one.similarity} for one in outcome.similar]
    fields = {"picture": name, "unknown": outcome.unknown, "score": outcome.score}
    return {**fields, "labels": [*outcome.labels], "classes": classes, "similar": similar}


def describe_model(name: str, classifier: Classifier) -> ServedModel:
    """Return what the service says about a model."""
    thresholds = classifier.model.thresholds
    return ServedModel(
        name=name,
        network=classifier.network,
        classes=[*classifier.classes],
        thresholds=None if thresholds is None else [*thresholds],
    )
