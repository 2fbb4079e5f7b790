"""The results of a classifier's predictions."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SimilarPicture:
    """A training picture whose features are similar to those of a picture.

    Attributes:
        label: Its class.
        similarity: The cosine of their features, -1 to 1.
        digest: The first 16 hexadecimal digits of the BLAKE2b digest of its file.
        name: Its name in the list of pictures next to the model; None without that list.
    """

    label: str
    similarity: float
    digest: str
    name: str | None


@dataclass(frozen=True, slots=True)
class Prediction:
    """The prediction of a classifier for one picture.

    Attributes:
        name: The picture's path, or its position among those given: `picture 1`.
        label: The most probable class, or the most probable of several labels.
        probability: Its probability, 0 to 1.
        top: The most probable classes with their probabilities, best first.
        score: How well the picture fits the known classes, higher is better; None if the model
            has no open-set rule.
        unknown: Whether it probably shows none of the known classes; `label` is then the
            class that it resembles most.
        similar: The most similar training pictures, which explain `unknown`; empty if the model has no rule
            of nearest pictures.
        note: A remark if its values were guessed, only a part was read, or it may be inverted; usually empty.
        labels: `label` alone or, with several labels per picture, all labels whose
            probability reaches their threshold, the most probable first, possibly none.
    """

    name: str
    label: str
    probability: float
    top: tuple[tuple[str, float], ...]
    score: float | None = None
    unknown: bool = False
    similar: tuple[SimilarPicture, ...] = ()
    note: str = ""
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EvaluatedPicture:
    """A labelled picture and a classifier's answer.

    Attributes:
        picture: Its name.
        truth: Its true class, or its labels such as `red;round`, empty if it has none.
        answer: The most probable class, or the labels that reach their thresholds, in the same form.
        probability: The probability of `answer`, 0 to 1; with several labels, the product over all labels,
            present or absent.
        unknown: Whether the picture was rejected as unknown.
    """

    picture: str
    truth: str
    answer: str
    probability: float
    unknown: bool
