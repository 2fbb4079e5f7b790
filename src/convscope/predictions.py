"""What a classifier says about pictures."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SimilarPicture:
    """A training picture that a picture resembles, in the eyes of the network.

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
    """What a classifier says about one picture.

    Attributes:
        name: The picture's path, or its position among those given: `picture 1`.
        label: The most probable class, or the most probable of several labels.
        probability: Its probability, 0 to 1.
        top: The most probable classes with their probabilities, best first.
        score: How well the picture fits the classes as a whole, the higher the better; None if the model
            cannot tell.
        unknown: Whether it fits so badly that it probably shows none of the classes; `label` is then the
            class that it resembles most.
        similar: The training pictures that it resembles most, which explain `unknown`; empty if the model has
            no rule of nearest pictures.
        note: How it was read, if that was a guess or only a part, or that it may be inverted; usually empty.
        labels: What it shows: `label` alone, or where a picture may have several labels all those whose
            probability reaches their threshold, the most probable first; none is a possible answer, too.
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
    """A labelled picture and what a classifier answered.

    Attributes:
        picture: Its name.
        truth: Its true class, or its labels such as `red;round`, empty if it has none.
        answer: The most probable class, or the labels that reach their thresholds, in the same form.
        probability: The probability of `answer`, 0 to 1; of several labels, the product of what each of them,
            present or absent, is given.
        unknown: Whether the picture was taken for unknown.
    """

    picture: str
    truth: str
    answer: str
    probability: float
    unknown: bool
