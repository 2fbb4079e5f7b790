"""Calibration: of all pictures predicted with a confidence of 80 %, about 80 % should be right.

Temperature scaling divides the logits by one number before softmax. It never changes which class is
predicted, only the confidence. The temperature is fitted to pictures that were not trained on.

Source: C. Guo et al., "On calibration of modern neural networks", ICML 2017,
https://arxiv.org/abs/1706.04599.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

BINS = 15
_MIN_TEMPERATURE, _MAX_TEMPERATURE = 0.05, 20.0
_PRIOR_WIDTH = 0.2
_GRID_SPACING, _TOLERANCE = 0.1, 1e-6  # of ln(temperature)
_GOLDEN_RATIO = (5**0.5 - 1) / 2


class Reliability(NamedTuple):
    """A reliability diagram: accuracy by confidence, in 15 bins of equal width; all arrays are (15,).

    Attributes:
        pictures: Number of pictures in the bin.
        confidence: Mean probability of their predicted classes; 0 in an empty bin.
        accuracy_fraction: Share of them that is classified correctly; 0 in an empty bin.
    """

    pictures: NDArray[np.int64]
    confidence: NDArray[np.float64]
    accuracy_fraction: NDArray[np.float64]

    @property
    def error(self) -> float:
        """Expected calibration error (ECE): mean |accuracy - confidence| over all pictures' bins."""
        gaps = np.abs(self.accuracy_fraction - self.confidence)
        return float((gaps * self.pictures).sum() / self.pictures.sum())


def reliability(confidence: NDArray[np.float64], correct: NDArray[np.bool_]) -> Reliability:
    """Group pictures into bins by confidence.

    Args:
        confidence: (pictures,) probabilities of the predicted classes.
        correct: (pictures,) whether the predictions are correct.

    Example:
        Three of four pictures predicted with 80 % are correct:

        >>> f"{reliability(np.full(4, 0.8), np.array([True, True, True, False])).error:.2f}"
        '0.05'
    """
    bins = np.searchsorted(np.linspace(0, 1, BINS + 1)[1:-1], confidence)
    pictures = np.bincount(bins, minlength=BINS)
    sums = [np.bincount(bins, values, BINS) for values in (confidence, correct)]
    return Reliability(pictures, *(total / np.maximum(pictures, 1) for total in sums))


def tempered(logits: NDArray[np.floating], temperature: float) -> NDArray[np.float64]:
    """Compute softmax(logits / temperature).

    Args:
        logits: (n, classes).
        temperature: The result of `fit_temperature`.

    Returns:
        (n, classes); every row sums to 1.

    Example:
        >>> tempered(np.array([[2.0, 0.0]]), 2.0).round(2).tolist()
        [[0.73, 0.27]]
    """
    scaled = logits.astype(np.float64) / temperature
    powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def untempered(probabilities: NDArray[np.float64], temperature: float) -> NDArray[np.float64]:
    """Undo the temperature: compute softmax(z) from p = softmax(z / T), as p^T divided by its sum.

    Args:
        probabilities: (n, classes).
        temperature: T.

    Example:
        >>> untempered(np.array([[0.75, 0.25]]), 2.0).round(6).tolist()
        [[0.9, 0.1]]
    """
    powers = (probabilities / probabilities.max(axis=1, keepdims=True)) ** temperature
    return powers / powers.sum(axis=1, keepdims=True)


def fit_temperature(logits: NDArray[np.float32], labels: NDArray[np.int64]) -> float:
    """Find the most probable temperature (maximum a posteriori), given predictions and a prior.

        cost(T) = sum over pictures of the cross-entropy of softmax(z / T) + ln(1 + (ln T / 0.2)²)

    The second term is the negative logarithm of a Cauchy prior around T = 1: without evidence to the
    contrary, a network's own confidence is about right. 200 pictures alone determine the temperature to 13 %.
    The heavy tails of this prior let strong evidence prevail.

    A few pictures that are all classified correctly would still lead to overconfidence. So each label is
    taken to be wrong with probability 1 / (2 (n + 1)), as if one more picture had been half correct (label
    smoothing).

    Source of the prior: A. Gelman et al., "A weakly informative default prior distribution for logistic and
    other regression models", Annals of Applied Statistics, 2008, https://doi.org/10.1214/08-AOAS191. How its
    width was chosen is in `docs/decisions/0024-calibration.md`.

    Args:
        logits: (n, classes) of pictures that were not trained on.
        labels: (n,) indices of their true classes.

    Returns:
        0.05 to 20.

    Example:
        >>> sure, labels = np.array([[9, 0], [9, 0], [9, 0], [0, 9]], np.float32), np.array([0, 0, 1, 1])
        >>> fit_temperature(sure, labels) > 3  # three of four are right: overconfident
        True
        >>> f"{fit_temperature(sure / 9, labels):.2f}"  # the confidence may be right
        '1.00'
    """
    missed = 0.5 / (len(labels) + 1)
    truth = np.full(logits.shape, missed / (logits.shape[1] - 1))
    truth[np.arange(len(labels)), labels] = 1 - missed

    def loss(temperature: float) -> float:
        scaled = logits.astype(np.float64) / temperature
        scaled -= scaled.max(axis=1, keepdims=True)
        return float((truth * (np.log(np.exp(scaled).sum(axis=1, keepdims=True)) - scaled)).sum())

    return _most_probable(loss)


def label_probabilities(logits: NDArray[np.floating], temperature: float) -> NDArray[np.float64]:
    """Compute sigmoid(logits / temperature), the probability of each of several labels.

    Args:
        logits: (n, labels).
        temperature: The result of `fit_label_temperature`.

    Example:
        >>> label_probabilities(np.array([[2.0, 0.0]]), 2.0).round(2).tolist()
        [[0.73, 0.5]]
    """
    scaled = logits.astype(np.float64) / temperature
    powers = np.exp(-np.abs(scaled))
    return np.where(scaled < 0, powers, 1.0) / (1 + powers)


def untempered_labels(probabilities: NDArray[np.float64], temperature: float) -> NDArray[np.float64]:
    """Undo the temperature: compute sigmoid(z) from p = sigmoid(z / T).

    Example:
        >>> untempered_labels(np.array([[0.75]]), 2.0).round(6).tolist()
        [[0.9]]
    """
    smallest = np.finfo(np.float64).eps
    inside = np.clip(probabilities, smallest, 1 - smallest)
    return label_probabilities(np.log(inside / (1 - inside)) * temperature, 1.0)


def fit_label_temperature(logits: NDArray[np.float32], truth: NDArray[np.bool_]) -> float:
    """Find the most probable temperature of several labels, with the same prior and smoothing.

    Args:
        logits: (n, labels) of pictures that were not trained on.
        truth: (n, labels), whether each picture has the label.

    Returns:
        0.05 to 20.

    Example:
        >>> there = np.array([[True], [True], [False], [False]])
        >>> fit_label_temperature(np.array([[9], [9], [-9], [9]], np.float32), there) > 3  # overconfident
        True
    """
    missed = 0.5 / (len(logits) + 1)
    wanted = np.where(truth, 1 - missed, missed)

    def loss(temperature: float) -> float:
        scaled = logits.astype(np.float64) / temperature
        parts = np.maximum(scaled, 0) - scaled * wanted + np.log1p(np.exp(-np.abs(scaled)))
        return float(parts.mean(axis=1).sum())  # a picture is one observation, however many labels it has

    return _most_probable(loss)


def _most_probable(loss: Callable[[float], float]) -> float:
    """Return the temperature that minimises the loss plus the negative logarithm of the prior."""

    def cost(logarithm: float) -> float:
        return loss(math.exp(logarithm)) + math.log1p((logarithm / _PRIOR_WIDTH) ** 2)

    steps = math.ceil(math.log(_MAX_TEMPERATURE / _MIN_TEMPERATURE) / _GRID_SPACING)
    coarse = np.linspace(math.log(_MIN_TEMPERATURE), math.log(_MAX_TEMPERATURE), steps + 1)
    best = int(np.argmin([cost(logarithm) for logarithm in coarse]))  # there may be a second, local minimum
    low, high = coarse[max(0, best - 1)], coarse[min(steps, best + 1)]
    while high - low > _TOLERANCE:
        left, right = high - _GOLDEN_RATIO * (high - low), low + _GOLDEN_RATIO * (high - low)
        if cost(left) < cost(right):
            high = right
        else:
            low = left
    return math.exp((low + high) / 2)
