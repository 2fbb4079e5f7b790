"""Makes a probability mean what it says: of all pictures predicted with 80 %, about 80 % shall be right.

Logits are divided by one number, the temperature, before softmax. It changes no prediction, only how sure it
sounds, and is chosen so that pictures which were not learned from are the most probable.

Source: C. Guo et al., "On calibration of modern neural networks", ICML 2017,
https://arxiv.org/abs/1706.04599.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

BINS = 15
_SMALLEST, _LARGEST = 0.05, 20.0
_PRIOR_WIDTH = 0.2
_STEP, _EXACT = 0.1, 1e-6
_GOLDEN = (5**0.5 - 1) / 2


class Reliability(NamedTuple):
    """How often pictures are right, by how sure the network was: of 15 bins of equal width, (15,) each.

    Attributes:
        pictures: How many fell into the bin.
        confidence: Mean probability of their predicted classes; 0 in an empty bin.
        accuracy_fraction: Share of them that was predicted right; 0 in an empty bin.
    """

    pictures: NDArray[np.int64]
    confidence: NDArray[np.float64]
    accuracy_fraction: NDArray[np.float64]

    @property
    def error(self) -> float:
        """Expected calibration error: the mean over pictures of |accuracy - confidence| of their bin."""
        gaps = np.abs(self.accuracy_fraction - self.confidence)
        return float((gaps * self.pictures).sum() / self.pictures.sum())


def reliability(confidence: NDArray[np.float64], correct: NDArray[np.bool_]) -> Reliability:
    """Put pictures into bins by the probability of the predicted class.

    Args:
        confidence: (n,) probabilities of the predicted classes.
        correct: (n,) whether these were right.

    Example:
        Of four pictures predicted with 80 % three are right:

        >>> f"{reliability(np.full(4, 0.8), np.array([True, True, True, False])).error:.2f}"
        '0.05'
    """
    bins = np.searchsorted(np.linspace(0, 1, BINS + 1)[1:-1], confidence)
    pictures = np.bincount(bins, minlength=BINS)
    sums = [np.bincount(bins, values, BINS) for values in (confidence, correct)]
    return Reliability(pictures, *(one / np.maximum(pictures, 1) for one in sums))


def tempered(logits: NDArray[np.floating], temperature: float) -> NDArray[np.float64]:
    """Compute softmax(logits / temperature).

    Args:
        logits: (n, classes).
        temperature: As `fit_temperature` found it.

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
    """Take the temperature out of probabilities again: softmax(z) from softmax(z / T), which is p^T, made 1.

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
    """Find the most probable temperature, given pictures and what is known before any is seen.

        cost(T) = sum over pictures of the cross-entropy of softmax(z / T) + ln(1 + (ln T / 0.2)²)

    The second term is minus the logarithm of a Cauchy prior: as long as little speaks against it, a network
    is about as sure as it was trained to be. From 200 pictures alone the temperature comes out 13 % off. The
    tails of this prior are so heavy that strong evidence counts in full.

    A few pictures that are all recognised would still ask for too much certainty; so each label counts as
    wrong with probability 1 / (2 (n + 1)), as though one more picture had been seen and half missed.

    Source for the prior: A. Gelman et al., "A weakly informative default prior distribution for logistic and
    other regression models", Annals of Applied Statistics, 2008, https://doi.org/10.1214/08-AOAS191. How its
    width was chosen is in `docs/decisions/0024-calibration.md`.

    Args:
        logits: (n, classes) of pictures that were not learned from.
        labels: (n,) their true classes.

    Returns:
        0.05 to 20.

    Example:
        >>> sure, labels = np.array([[9, 0], [9, 0], [9, 0], [0, 9]], np.float32), np.array([0, 0, 1, 1])
        >>> fit_temperature(sure, labels) > 3  # right in three of four, so far too sure
        True
        >>> f"{fit_temperature(sure / 9, labels):.2f}"  # they might be as sure as they should be
        '1.00'
    """
    missed = 0.5 / (len(labels) + 1)
    truth = np.full(logits.shape, missed / (logits.shape[1] - 1))
    truth[np.arange(len(labels)), labels] = 1 - missed

    def cost(logarithm: float) -> float:
        scaled = logits.astype(np.float64) / math.exp(logarithm)
        scaled -= scaled.max(axis=1, keepdims=True)
        entropy = (truth * (np.log(np.exp(scaled).sum(axis=1, keepdims=True)) - scaled)).sum()
        return float(entropy) + math.log1p((logarithm / _PRIOR_WIDTH) ** 2)

    steps = math.ceil(math.log(_LARGEST / _SMALLEST) / _STEP)
    coarse = np.linspace(math.log(_SMALLEST), math.log(_LARGEST), steps + 1)
    best = int(np.argmin([cost(logarithm) for logarithm in coarse]))  # there may be a second, shallower dip
    low, high = coarse[max(0, best - 1)], coarse[min(steps, best + 1)]
    while high - low > _EXACT:
        left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
        if cost(left) < cost(right):
            high = right
        else:
            low = left
    return math.exp((low + high) / 2)
