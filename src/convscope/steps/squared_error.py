"""Squared error: how far the probabilities are from 1 for the true class and from 0 for the others.

    loss = sum over k of (p[k] - y[k])²

where p are the probabilities after softmax, and y is 1 for the true class and 0 for the others. It is the
Brier score of one picture: a sum over the classes, not a mean. (Mean squared error, PyTorch's `mse_loss`,
divides it by the number of classes.) If only probabilities are known, their logarithms serve as logits.

Softmax multiplies the gradient by p. A network that is confidently wrong, with p near 0 for the true class,
is therefore hardly corrected: for two classes, the gradient at the logit of the true class is -4 p (1 - p)²;
with cross-entropy it is p - 1.

Source: Deep Learning, section 6.2.2.3, on squared error with softmax units.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from convscope.steps import softmax
from convscope.steps.arrays import Array, require_inside

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


@dataclass(frozen=True, slots=True)
class SquaredDifference:
    """The contribution of one class to the loss: (probability - target)² = square."""

    probability: float
    target: float
    square: float


@dataclass(frozen=True, slots=True)
class SquaredError:
    """How the loss is computed: the sum of one square per class, in order."""

    terms: tuple[SquaredDifference, ...]
    result: float


def forward(logits: ArrayLike, true_class: int) -> float:
    """Compute the loss of one picture.

    Args:
        logits: (classes,).
        true_class: Index of the true class.

    Returns:
        The loss, from 0 to 2.

    Raises:
        NetworkError: The logits are not (classes,).
        SettingError: There is no such class.

    Example:
        >>> round(forward(np.log([0.9, 0.1]), true_class=0), 4)
        0.02
    """
    probabilities, targets = _outcome(logits, true_class)
    return float(np.square(probabilities - targets).sum())


def gradient(logits: ArrayLike, true_class: int) -> Array:
    """Compute the gradient at the logits: 2 (p - y), passed back through softmax.

    Raises:
        NetworkError: The logits are not (classes,).
        SettingError: There is no such class.

    Example:
        >>> gradient([0, 0], true_class=0).tolist()
        [-0.5, 0.5]
    """
    probabilities, targets = _outcome(logits, true_class)
    return softmax.gradient(2 * (probabilities - targets), logits)


def explain(logits: ArrayLike, true_class: int) -> SquaredError:
    """Explain how the loss is computed, summed in the order of the classes.

    Raises:
        NetworkError: The logits are not (classes,).
        SettingError: There is no such class.

    Example:
        >>> explain([0, 0], true_class=0)  # doctest: +NORMALIZE_WHITESPACE
        SquaredError(terms=(SquaredDifference(probability=0.5, target=1.0, square=0.25),
                                SquaredDifference(probability=0.5, target=0.0, square=0.25)), result=0.5)
    """
    probabilities, targets = _outcome(logits, true_class)
    terms = tuple(
        SquaredDifference(probability, target, (probability - target) ** 2)
        for probability, target in zip(probabilities.tolist(), targets.tolist(), strict=True)
    )
    return SquaredError(terms, sum(term.square for term in terms))


def _outcome(logits: ArrayLike, true_class: int) -> tuple[Array, Array]:
    probabilities = softmax.forward(logits)
    require_inside(probabilities.shape, true_class=true_class)
    return probabilities, np.eye(len(probabilities))[true_class]
