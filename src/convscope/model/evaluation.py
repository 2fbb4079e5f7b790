"""Evaluation: how good a classifier is, from its probabilities and the true classes."""

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

NORMAL_QUANTILE = 1.959963984540054  # 97.5 % quantile of the standard normal distribution


@dataclass(frozen=True, slots=True)
class ClassFigures:
    """Precision, recall and F1 of one class; None where they are 0 / 0.

    Attributes:
        name: The class.
        pictures: Number of pictures of this class.
        precision_fraction: Share of the pictures predicted as this class that are of it.
        recall_fraction: Share of the pictures of this class that are predicted as it.
        f1_fraction: Harmonic mean of the two, 2 TP / (2 TP + FP + FN).
        roc_auc: Area under the ROC curve of this class against all others: the probability that a picture of
            it gets a higher probability of it than a picture of another class.
    """

    name: str
    pictures: int
    precision_fraction: float | None
    recall_fraction: float | None
    f1_fraction: float | None
    roc_auc: float | None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The figures of an evaluation.

    Attributes:
        pictures: Number of pictures.
        correct: Number of pictures classified correctly.
        accuracy_fraction: correct / pictures.
        accuracy_interval: Its 95 % interval (Wilson's).
        top_k: The k of top-k accuracy: 5, or 2 with fewer than 6 classes.
        top_k_accuracy_fraction: Share of the pictures whose true class is among the top_k most probable ones;
            None if there are no more than k classes.
        roc_auc: Mean of the classes' areas under the ROC curve; None if no class has one.
        classes: Precision, recall and F1 by class, in the model's order.
        confusion: Confusion matrix: how often a picture of class i (row) is predicted as class j (column).
        cross_entropy: Mean of -ln(probability of the true class).
        squared_error: (probability - target)², summed over the classes, averaged over the pictures.
        classification_error: Share of the pictures classified wrongly.
        calibration_error: Expected calibration error (ECE): mean distance between confidence and accuracy.
        uncalibrated_error: ECE without the model's temperature; None if it is not known.
        unknown_fraction: Share of the pictures wrongly rejected as unknown; None if the model has no open-set
            rule.
        notes: Remarks on the selection of pictures, in short sentences.
    """

    pictures: int
    correct: int
    accuracy_fraction: float
    accuracy_interval: tuple[float, float]
    classes: tuple[ClassFigures, ...]
    confusion: tuple[tuple[int, ...], ...]
    cross_entropy: float
    squared_error: float
    classification_error: float
    calibration_error: float
    top_k: int
    top_k_accuracy_fraction: float | None
    roc_auc: float | None
    uncalibrated_error: float | None = None
    unknown_fraction: float | None = None
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON, without NaN."""
        return asdict(self)


def evaluate(probabilities: ArrayLike, labels: ArrayLike, classes: Sequence[str]) -> Evaluation:
    """Evaluate probabilities against the true classes.

    Args:
        probabilities: (N, K); every row sums to 1. The largest number in a row is the prediction.
        labels: (N,) indices of the true classes, 0 to K - 1.
        classes: The K names; a class may have no picture.

    Raises:
        DataError: There are no pictures.

    Example:
        The course's first network on three pictures, dog and cat:

        >>> figures = evaluate([[0.9, 0.1], [0.1, 0.9], [0.4, 0.6]], [0, 1, 0], ["dog", "cat"])
        >>> f"{figures.classification_error:.4f} {figures.squared_error:.4f} {figures.cross_entropy:.4f}"
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
    areas = [roc_auc(shares[:, k], truth == k) for k in range(len(classes))]
    top_k = 5 if len(classes) > 5 else 2
    return Evaluation(
        pictures=total,
        correct=correct,
        accuracy_fraction=correct / total,
        accuracy_interval=wilson_interval(correct, total),
        classes=_by_class(confusion, classes, areas),
        confusion=tuple(tuple(row) for row in confusion.tolist()),
        cross_entropy=_cross_entropy(shares, truth),
        squared_error=_squared_error(shares, truth),
        classification_error=1 - correct / total,
        calibration_error=reliability(shares.max(axis=1), predicted == truth).error,
        top_k=top_k,
        top_k_accuracy_fraction=_top_k_accuracy(shares, truth, top_k) if len(classes) > top_k else None,
        roc_auc=mean_of_known(areas),
    )


def evaluate_answers(answers: Sequence[Answer], labels: NDArray[np.int64], model: Model) -> Evaluation:
    """Evaluate a model's answers against the true classes, with and without its temperature.

    Args:
        answers: The result of `Predictor.answers`.
        labels: (N,) indices of the true classes.
        model: The model.

    Raises:
        DataError: There are no pictures.
    """
    if not answers:
        raise DataError("there are no pictures to evaluate")
    probabilities = np.array([answer.probabilities for answer in answers])
    before = untempered(probabilities, model.temperature)
    unknown = float(np.mean([answer.unknown for answer in answers]))
    return replace(
        evaluate(probabilities, labels, model.classes),
        uncalibrated_error=reliability(before.max(axis=1), before.argmax(axis=1) == labels).error,
        unknown_fraction=unknown if model.open_set else None,
    )


def wilson_interval(correct: int, total: int) -> tuple[float, float]:
    """Return the 95 % confidence interval of a share, correct / total.

    With p = correct / total and z = 1.96: (p + z²/2n ± z sqrt(p(1-p)/n + z²/4n²)) / (1 + z²/n). Unlike the
    textbook interval p ± z sqrt(p(1-p)/n), it stays within 0 and 1 and is accurate for small n and for p near
    1.

    Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference", 1927.

    Example:
        >>> low, high = wilson_interval(95, 100)
        >>> f"{low:.3f} {high:.3f}"
        '0.888 0.978'
    """
    share, z = correct / total, NORMAL_QUANTILE
    centre = share + z**2 / (2 * total)
    half = z * math.sqrt(share * (1 - share) / total + z**2 / (4 * total**2))
    scale = 1 + z**2 / total
    return max(0.0, (centre - half) / scale), min(1.0, (centre + half) / scale)


def grouped_interval(fraction: float, groups: NDArray[np.int64]) -> tuple[float, float]:
    """Return the 95 % interval of an accuracy, with each group of pictures as one observation.

    Near-duplicates of a picture are predicted in the same way, and add no information.

    Example:
        >>> for groups in (np.arange(100), np.arange(100) // 10):
        ...     low, high = grouped_interval(0.9, groups)
        ...     print(f"{low:.2f} {high:.2f}")
        0.83 0.94
        0.60 0.98
    """
    independent = len(np.unique(groups))
    return wilson_interval(round(fraction * independent), independent)


def roc_auc(scores: ArrayLike, positive: ArrayLike) -> float | None:
    """Return the area under the ROC curve: how often a positive gets a higher score than a negative.

    It is the Mann-Whitney U statistic, computed from ranks; ties count half. None if all or none are
    positive.

    Source: J. A. Hanley and B. J. McNeil, "The meaning and use of the area under a receiver operating
    characteristic (ROC) curve", 1982.

    Example:
        Three of the four pairs of a positive and a negative are in the right order:

        >>> roc_auc([0.1, 0.4, 0.35, 0.8], [False, False, True, True])
        0.75
    """
    values, is_positive = np.asarray(scores, np.float64), np.asarray(positive, bool)
    positives = int(is_positive.sum())
    negatives = len(is_positive) - positives
    if not positives or not negatives:
        return None
    _, group, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[group]  # from 1; ties get the mean of their ranks
    above = ranks[is_positive].sum() - positives * (positives + 1) / 2
    return float(above / (positives * negatives))


def _top_k_accuracy(shares: NDArray[np.float64], truth: NDArray[np.int64], k: int) -> float:
    best = np.argsort(-shares, axis=1, kind="stable")[:, :k]
    return float((best == truth[:, np.newaxis]).any(axis=1).mean())


def _by_class(
    confusion: NDArray[np.int64], classes: Sequence[str], areas: Sequence[float | None]
) -> tuple[ClassFigures, ...]:
    counts = confusion.diagonal().tolist(), confusion.sum(axis=1).tolist(), confusion.sum(axis=0).tolist()
    return tuple(
        ClassFigures(name, actual, *precision_recall_f1(hits, predicted, actual), area)
        for name, hits, actual, predicted, area in zip(classes, *counts, areas, strict=True)
    )


def precision_recall_f1(
    hits: int, predicted: int, actual: int
) -> tuple[float | None, float | None, float | None]:
    """Return precision, recall and their harmonic mean, F1; None for each that is 0 / 0.

    Example:
        >>> precision_recall_f1(hits=1, predicted=2, actual=2), precision_recall_f1(0, 0, 2)
        ((0.5, 0.5, 0.5), (None, 0.0, 0.0))
    """

    def fraction(part: int, whole: int) -> float | None:
        return part / whole if whole else None

    return fraction(hits, predicted), fraction(hits, actual), fraction(2 * hits, predicted + actual)


def mean_of_known(figures: Sequence[float | None]) -> float | None:
    """Return the mean of those that are not None; None if all are."""
    known = [figure for figure in figures if figure is not None]
    return float(np.mean(known)) if known else None


def _cross_entropy(shares: NDArray[np.float64], truth: NDArray[np.int64]) -> float:
    smallest = np.finfo(np.float64).tiny  # a probability rounded to 0 would give an infinite loss
    return float(-np.log(np.maximum(shares[np.arange(len(truth)), truth], smallest)).mean())


def _squared_error(shares: NDArray[np.float64], truth: NDArray[np.int64]) -> float:
    differences = shares.copy()
    differences[np.arange(len(truth)), truth] -= 1
    return float((differences**2).sum(axis=1).mean())
