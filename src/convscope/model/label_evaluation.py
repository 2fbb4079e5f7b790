"""Evaluation with several labels per picture: predictions and ranking, per label and in total."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from convscope.errors import DataError
from convscope.model.calibration import reliability
from convscope.model.evaluation import mean_of_known, precision_recall_f1, roc_auc, wilson_interval

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, slots=True)
class LabelFigures:
    """The figures of one label; None where they are 0 / 0.

    Attributes:
        name: The label.
        pictures: Number of pictures that have it.
        threshold: The probability from which on it counts as present.
        precision_fraction: Share of the pictures predicted to have it that do.
        recall_fraction: Share of the pictures that have it that are predicted to.
        f1_fraction: Harmonic mean of the two, 2 TP / (2 TP + FP + FN).
        average_precision: Mean precision over all thresholds, weighted by the recall that each adds: the
            quality of the ranking, independent of the threshold (`average_precision`).
        roc_auc: Area under the ROC curve: the probability that a picture with the label gets a higher
            probability of it than one without.
    """

    name: str
    pictures: int
    threshold: float
    precision_fraction: float | None
    recall_fraction: float | None
    f1_fraction: float | None
    average_precision: float | None
    roc_auc: float | None


@dataclass(frozen=True, slots=True)
class LabelEvaluation:
    """The figures of an evaluation with several labels per picture.

    Attributes:
        pictures: Number of pictures.
        without_label: Number of pictures that have none of the labels.
        correct: Number of pictures with exactly the predicted labels.
        accuracy_fraction: correct / pictures (subset accuracy, exact match).
        accuracy_interval: Its 95 % interval (Wilson's).
        mean_average_precision: Mean of the labels' average precision (mAP); None if no label occurs.
        precision_fraction: Precision over all labels together (micro average); None if nothing is predicted.
        recall_fraction: Micro-averaged recall; None if no picture has a label.
        f1_fraction: Micro-averaged F1.
        macro_f1_fraction: Mean of the labels' F1; None if none has one.
        roc_auc: Mean of the labels' areas under the ROC curve; None if no label has one.
        classes: The figures of each label, in the model's order.
        cross_entropy: Binary cross-entropy, added up over the labels, averaged over the pictures.
        calibration_error: Expected calibration error of all labels' probabilities together.
        uncalibrated_error: The same without the model's temperature; None if it is not known.
        notes: Remarks on the selection of pictures, in short sentences.
    """

    pictures: int
    without_label: int
    correct: int
    accuracy_fraction: float
    accuracy_interval: tuple[float, float]
    mean_average_precision: float | None
    precision_fraction: float | None
    recall_fraction: float | None
    f1_fraction: float | None
    macro_f1_fraction: float | None
    roc_auc: float | None
    classes: tuple[LabelFigures, ...]
    cross_entropy: float
    calibration_error: float
    uncalibrated_error: float | None = None
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON, without NaN."""
        return asdict(self)


def evaluate_labels(
    probabilities: ArrayLike, truth: ArrayLike, labels: Sequence[str], thresholds: Sequence[float]
) -> LabelEvaluation:
    """Evaluate probabilities against the true labels.

    Args:
        probabilities: (N, K), each between 0 and 1.
        truth: (N, K), whether each picture has the label.
        labels: The K names.
        thresholds: The probability from which on each label counts as present.

    Raises:
        DataError: There are no pictures.

    Example:
        >>> figures = evaluate_labels(
        ...     [[0.9, 0.2], [0.6, 0.7], [0.4, 0.1]], [[1, 0], [0, 1], [1, 0]], ["red", "round"], [0.5, 0.5])
        >>> figures.correct, [one.average_precision for one in figures.classes]
        (1, [0.8333333333333333, 1.0])
    """
    shares, present = np.asarray(probabilities, np.float64), np.asarray(truth, np.bool_)
    if not len(shares):
        raise DataError("there are no pictures to evaluate")
    predicted = shares >= np.asarray(thresholds)
    correct = int((predicted == present).all(axis=1).sum())
    classes = tuple(
        _figures(name, threshold, shares[:, k], predicted[:, k], present[:, k])
        for k, (name, threshold) in enumerate(zip(labels, thresholds, strict=True))
    )
    precision, recall, f1 = _precision_recall_f1(predicted, present)
    return LabelEvaluation(
        pictures=len(shares),
        without_label=int((~present.any(axis=1)).sum()),
        correct=correct,
        accuracy_fraction=correct / len(shares),
        accuracy_interval=wilson_interval(correct, len(shares)),
        mean_average_precision=mean_of_known([one.average_precision for one in classes]),
        precision_fraction=precision,
        recall_fraction=recall,
        f1_fraction=f1,
        macro_f1_fraction=mean_of_known([one.f1_fraction for one in classes]),
        roc_auc=mean_of_known([one.roc_auc for one in classes]),
        classes=classes,
        cross_entropy=_cross_entropy(shares, present),
        calibration_error=reliability(shares.ravel(), present.ravel()).error,
    )


def average_precision(scores: ArrayLike, positive: ArrayLike) -> float | None:
    """Return the average precision of a ranking; None if nothing is positive.

        AP = sum over thresholds of (recall - recall at the next higher threshold) * precision

    Pictures with equal scores are treated as one threshold. AP is 1 if all positives come first, and about
    the share of positives for a random ranking.

    Source: M. Everingham et al., "The PASCAL visual object classes challenge", 2010, without interpolation,
    as in scikit-learn's `average_precision_score`.

    Example:
        >>> average_precision([0.9, 0.8, 0.7], [True, False, True])
        0.8333333333333333
    """
    values, is_positive = np.asarray(scores, np.float64), np.asarray(positive, np.bool_)
    positives = int(is_positive.sum())
    if not positives:
        return None
    order = np.argsort(-values, kind="stable")
    last_of_equal = np.append(np.diff(values[order]) != 0, True)
    hits = np.cumsum(is_positive[order])[last_of_equal]
    precision = hits / (np.flatnonzero(last_of_equal) + 1)
    return float((np.diff(hits, prepend=0) * precision).sum() / positives)


def _figures(
    name: str,
    threshold: float,
    shares: NDArray[np.float64],
    predicted: NDArray[np.bool_],
    present: NDArray[np.bool_],
) -> LabelFigures:
    return LabelFigures(
        name,
        int(present.sum()),
        float(threshold),
        *_precision_recall_f1(predicted, present),
        average_precision(shares, present),
        roc_auc(shares, present),
    )


def _precision_recall_f1(
    predicted: NDArray[np.bool_], present: NDArray[np.bool_]
) -> tuple[float | None, float | None, float | None]:
    return precision_recall_f1(*(int(one.sum()) for one in (predicted & present, predicted, present)))


def _cross_entropy(shares: NDArray[np.float64], present: NDArray[np.bool_]) -> float:
    smallest = np.finfo(np.float64).tiny  # a probability rounded to 0 would give an infinite loss
    right = np.where(present, shares, 1 - shares)
    return float(-np.log(np.maximum(right, smallest)).sum(axis=1).mean())
