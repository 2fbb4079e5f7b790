"""What is sent back, and how OpenAPI describes it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from convscope.serving.problems import problem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from convscope.classifier import Classifier, Prediction
    from convscope.errors import PictureError


class Guess(BaseModel):
    """A class and how probable it is."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(alias="class", examples=["cat"])
    probability: float = Field(ge=0, le=1, examples=[0.971])


class Problem(BaseModel):
    """What went wrong (RFC 9457)."""

    title: str = Field(examples=["Unprocessable Content"])
    status: int = Field(examples=[422])
    detail: str = Field("", examples=["cannot read the picture tom.txt"])
    why: str = Field("", examples=["its content is not a JPEG, PNG, GIF, BMP, TIFF or WebP picture"])
    remedy: str = ""


class PredictedPicture(BaseModel):
    """One picture: its most probable classes, best first, or why there are none."""

    model_config = ConfigDict(extra="forbid")

    picture: str = Field(examples=["tom.jpg"])
    unknown: bool = Field(default=False, description="Whether it is probably of none of the classes.")
    score: float | None = Field(
        default=None,
        description="How well it fits to the classes, all together; null if the model cannot tell.",
        examples=[7.31],
    )
    classes: list[Guess] | None = None
    problem: Problem | None = None


class Answer(BaseModel):
    """All pictures of a request, in their order."""

    model_config = ConfigDict(extra="forbid")

    model: str = Field(examples=["pets"])
    predictions: list[PredictedPicture]


class ServedModel(BaseModel):
    """One model that is served."""

    name: str = Field(examples=["pets"])
    network: str = Field(examples=["32C3-MP2-64C3-MP2-128N"])
    classes: list[str] = Field(examples=[["cat", "dog"]])


class ServedModels(BaseModel):
    """All models that are served."""

    models: list[ServedModel]


def encode(model: str, names: Sequence[str], outcomes: Sequence[Prediction | PictureError]) -> bytes:
    """Write an Answer."""
    predictions = [_picture(name, outcome) for name, outcome in zip(names, outcomes, strict=True)]
    return json.dumps({"model": model, "predictions": predictions}).encode()


def _picture(name: str, outcome: Prediction | PictureError) -> dict[str, object]:
    if isinstance(outcome, Exception):
        return {"picture": name, "problem": problem(outcome)}
    guesses = [{"class": label, "probability": share} for label, share in outcome.top]
    return {"picture": name, "unknown": outcome.unknown, "score": outcome.score, "classes": guesses}


def served(name: str, classifier: Classifier) -> ServedModel:
    """Describe a model."""
    return ServedModel(name=name, network=classifier.network, classes=[*classifier.classes])
