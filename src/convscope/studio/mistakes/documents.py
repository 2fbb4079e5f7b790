"""The documents of the mistakes page: metrics by class or label, and pictures."""

from __future__ import annotations

from pydantic import BaseModel, Field


class LabelCounts(BaseModel):
    """Counts of one of several labels; fractions are null if they are 0 / 0."""

    threshold: float = Field(description="From which probability on it is found.")
    found: int = Field(description="Pictures that have it, and it is found.")
    missed: int = Field(description="Pictures that have it, and it is not found: false negatives.")
    wrong: int = Field(description="Pictures that do not have it, and it is found: false positives.")
    precision_fraction: float | None
    recall_fraction: float | None
    f1_fraction: float | None
    average_precision: float | None


class Figures(BaseModel):
    """Metrics by class; a picture with several labels is correct if all of them are."""

    pictures: int
    correct: int
    accuracy_fraction: float
    accuracy_interval: tuple[float, float] = Field(description="95 %, Wilson's.")
    classes: list[str]
    confusion: list[list[int]] = Field(
        description="How many pictures labelled with class i (row) are predicted as class j (column); empty "
        "where a picture may have several labels."
    )
    labels: list[LabelCounts] | None = Field(
        default=None, description="Of each of several labels; null where a picture has one class."
    )
    mean_average_precision: float | None = Field(default=None, description="Of several labels.")
    notes: list[str]


class ClassifiedPictures(BaseModel):
    """Pictures with the model's predictions; all lists have one entry per picture."""

    places: list[int] = Field(description="Indices in the source.")
    names: list[str]
    labels: list[str] = Field(description="The class, or all labels with `;` between them.")
    predicted: list[str] = Field(description="Likewise.")
    probabilities: list[float] = Field(
        description="Of the predicted class, of the whole answer, or of the label that is asked about."
    )
