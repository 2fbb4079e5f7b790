"""How good a classifier is, from its probabilities and the true classes."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from convscope.errors import DataError
from convscope.model.calibration import reliability, untempered

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from convscope.model.file import Model
    from convscope.model.predictor import Answer

_NORMAL_QUANTILE = 1.959963984540054  # 97.5 % of a standard normal distribution lie below


@dataclass(frozen=True, slots=True)
class ClassFigures:
    """How one class fares; a share is None where there is nothing to take a share of.

    Attributes:
        name: The class.
        pictures: How many pictures truly are of it.
        precision_fraction: Of the pictures predicted as it, those that are.
        recall_fraction: Of the pictures that are of it, those predicted as it.
        f1_fraction: Harmonic mean of the two, 2 TP / (2 TP + FP + FN).
    """

    name: str
    pictures: int
    precision_fraction: float | None
    recall_fraction: float | None
    f1_fraction: float | None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The figures of an evaluation.

    Attributes:
        pictures: How many pictures were looked at.
        correct: How many of them were predicted right.
        accuracy_fraction: correct / pictures.
        accuracy_interval: Its 95 % interval (Wilson's).
        classes: Figures class by class, in the model's order.
        confusion: How often a picture of class i (row) was predicted as class j (column).
        cross_entropy: Mean of -ln(probability of the true class).
        mean_squared_error: (probability - truth)^2, summed over classes, averaged over pictures.
        classification_error: Share of the pictures predicted wrong.
        calibration_error: Expected calibration error: how far confidence is from accuracy.
        uncalibrated_error: The same without the model's temperature; None where that is not known.
        unknown_fraction: Share of the pictures that the model takes for unknown, all wrongly; None if it
            rejects nothing.
        notes: What people should know about the pictures looked at, in short sentences.
    """

    pictures: int
    correct: int
    accuracy_fraction: float
    accuracy_interval: tuple[float, float]
    classes: tuple[ClassFigures, ...]
    confusion: tuple[tuple[int, ...], ...]
    cross_entropy: float
    mean_squared_error: float
    classification_error: float
    calibration_error: float
    uncalibrated_error: float | None = None
    unknown_fraction: float | None = None
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The same as plain values that JSON can hold; never NaN."""
        return asdict(self)


def evaluate(probabilities: ArrayLike, labels: ArrayLike, classes: Sequence[str]) -> Evaluation:
    """Compare probabilities with the truth.

    Args:
        probabilities: (N, K); every row sums to 1. The largest of a row is its prediction.
        labels: (N,) indices of the true classes, 0 to K - 1.
        classes: The K names; a class may have no picture.

    Raises:
        DataError: There is not one picture.

    Example:
        The course's first network on three pictures, dog and cat:

        >>> figures = evaluate([[0.9, 0.1], [0.1, 0.9], [0.4, 0.6]], [0, 1, 0], ["dog", "cat"])
        >>> f"{figures.classification_error:.4f} {figures.mean_squared_error:.4f} {figures.cross_entropy:.4f}"
        '0.3333 0.2533 0.3757'
    """
    shares = np.asarray(probabilities, np.float64)
    truth = np.asarray(labels, np.int64)
    if not len(truth):
        raise DataError("there are no pictures to evaluate")
    predicted = shares.argmax(axis=1)
    confusion = np.bincount(truth * len(classes) + predicted, minlength=len(classes) ** 2)
    confusion = confusion.reshape(len(classes), len(classes))
    correct, total = int(confusion.trace()), len(truth)
    return Evaluation(
        pictures=total,
        correct=correct,
        accuracy_fraction=correct / total,
        accuracy_interval=wilson_interval(correct, total),
        classes=_by_class(confusion, classes),
        confusion=tuple(tuple(row) for row in confusion.tolist()),
        cross_entropy=_cross_entropy(shares, truth),
        mean_squared_error=_mean_squared_error(shares, truth),
        classification_error=1 - correct / total,
        calibration_error=reliability(shares.max(axis=1), predicted == truth).error,
    )


def evaluate_answers(answers: Sequence[Answer], labels: NDArray[np.int64], model: Model) -> Evaluation:
    """Compare what a model answers with the truth, with and without its temperature.

    Args:
        answers: What `Predictor.answers` returns.
        labels: (N,) indices of the true classes.
        model: The model that answered.

    Raises:
        DataError: There is not one picture.
    """
    if not answers:
        raise DataError("there are no pictures to evaluate")
    probabilities = np.array([answer.probabilities for answer in answers])
    before = untempered(probabilities, model.temperature)
    refused = float(np.mean([answer.unknown for answer in answers]))
    return replace(
        evaluate(probabilities, labels, model.classes),
        uncalibrated_error=reliability(before.max(axis=1), before.argmax(axis=1) == labels).error,
        unknown_fraction=refused if model.rejection else None,
    )


def wilson_interval(correct: int, total: int) -> tuple[float, float]:
    """The 95 % interval of a share, correct / total.

    With p = correct / total and z = 1.96: (p + z²/2n ± z sqrt(p(1-p)/n + z²/4n²)) / (1 + z²/n). Unlike the
    textbook's p ± z sqrt(p(1-p)/n) it stays within 0 and 1 and holds for small n and for p near 1.

    Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference", 1927.

    Example:
        >>> low, high = wilson_interval(95, 100)
        >>> f"{low:.3f} {high:.3f}"
        '0.888 0.978'
    """
    share, z = correct / total, _NORMAL_QUANTILE
    centre = share + z**2 / (2 * total)
    half = z * math.sqrt(share * (1 - share) / total + z**2 / (4 * total**2))
    scale = 1 + z**2 / total
    return max(0.0, (centre - half) / scale), min(1.0, (centre + half) / scale)


def _by_class(confusion: NDArray[np.int64], classes: Sequence[str]) -> tuple[ClassFigures, ...]:
    hits, actual, predicted = confusion.diagonal(), confusion.sum(axis=1), confusion.sum(axis=0)
    return tuple(
        ClassFigures(name, a, _share(h, p), _share(h, a), _share(2 * h, a + p))
        for name, h, a, p in zip(classes, hits.tolist(), actual.tolist(), predicted.tolist(), strict=True)
    )


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _cross_entropy(shares: NDArray[np.float64], truth: NDArray[np.int64]) -> float:
    smallest = np.finfo(np.float64).tiny  # keeps a probability that was rounded to 0 from an infinite loss
    return float(-np.log(np.maximum(shares[np.arange(len(truth)), truth], smallest)).mean())


def _mean_squared_error(shares: NDArray[np.float64], truth: NDArray[np.int64]) -> float:
    differences = shares.copy()
    differences[np.arange(len(truth)), truth] -= 1
    return float((differences**2).sum(axis=1).mean())
