"""Mean squared error: how far the probabilities are from 1 for the true class and 0 for the others.

    loss = sum over k of (p[k] - y[k])²

summed over the classes; the mean is over the pictures, so it is left to whoever has several. (PyTorch's
default takes the mean over the classes too: for two classes, half of this.) Of known probabilities the
logits may be their logarithms.

On its way through softmax its gradient is multiplied by p, so a network that is surely wrong, with p near 0
for the true class, is told almost nothing: for two classes -4 p (1 - p)² at the true class's logit, where
cross-entropy says p - 1.

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
    """What one class adds to the loss: (probability - target)² = square."""

    probability: float
    target: float
    square: float


@dataclass(frozen=True, slots=True)
class MeanSquaredError:
    """How the loss came about: the sum of the squares of all classes, in order."""

    terms: tuple[SquaredDifference, ...]
    result: float


def forward(logits: ArrayLike, true_class: int) -> float:
    """Measure the loss of one picture.

    Args:
        logits: (classes,).
        true_class: Its index.

    Returns:
        The loss, from 0 to 2.

    Raises:
        NetworkError: The logits have another shape.
        SettingError: There is no such class.

    Example:
        >>> round(forward(np.log([0.9, 0.1]), true_class=0), 4)
        0.02
    """
    probabilities, targets = _outcome(logits, true_class)
    return float(np.square(probabilities - targets).sum())


def gradient(logits: ArrayLike, true_class: int) -> Array:
    """Find the gradient at the logits: 2 (p - y), taken back through softmax.

    Raises:
        NetworkError: The logits are not (classes,).
        SettingError: There is no such class.

    Example:
        >>> gradient([0, 0], true_class=0).tolist()
        [-0.5, 0.5]
    """
    probabilities, targets = _outcome(logits, true_class)
    return softmax.gradient(2 * (probabilities - targets), logits)


def explain(logits: ArrayLike, true_class: int) -> MeanSquaredError:
    """Tell how the loss came about, summed in the order in which it is shown.

    Raises:
        NetworkError: The logits are not (classes,).
        SettingError: There is no such class.

    Example:
        >>> explain([0, 0], true_class=0)  # doctest: +NORMALIZE_WHITESPACE
        MeanSquaredError(terms=(SquaredDifference(probability=0.5, target=1.0, square=0.25),
                                SquaredDifference(probability=0.5, target=0.0, square=0.25)), result=0.5)
    """
    probabilities, targets = _outcome(logits, true_class)
    terms = tuple(
        SquaredDifference(probability, target, (probability - target) ** 2)
        for probability, target in zip(probabilities.tolist(), targets.tolist(), strict=True)
    )
    return MeanSquaredError(terms, sum(term.square for term in terms))


def _outcome(logits: ArrayLike, true_class: int) -> tuple[Array, Array]:
    probabilities = softmax.forward(logits)
    require_inside(probabilities.shape, true_class=true_class)
    return probabilities, np.eye(len(probabilities))[true_class]
