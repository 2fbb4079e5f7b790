"""Squared error for several labels: how far each probability is from 1 (label present) or 0 (absent).

    loss = sum over k of (p[k] - y[k])²

where p are the probabilities after the sigmoids, and y[k] is 1 if the picture has the label and 0 if not. It
is the sum of the Brier scores of all labels.

The sigmoid multiplies the gradient by p (1 - p): it becomes 2 (p - y) p (1 - p). A network that is
confidently wrong about a label, with p near 0 where y is 1, is therefore hardly corrected; the gradient of
binary cross-entropy in that case is p - y, almost -1.

Source: Deep Learning, section 6.2.2.2, on why sigmoid units are not trained by squared error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from convscope.steps import sigmoid
from convscope.steps.arrays import Array, as_array
from convscope.steps.squared_error import SquaredDifference, SquaredError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def forward(logits: ArrayLike, present: ArrayLike) -> float:
    """Compute the loss of one picture, from 0 to the number of labels.

    Args:
        logits: (labels,).
        present: (labels,) 1 if the picture has the label, else 0.

    Raises:
        NetworkError: The shapes do not fit together.

    Example:
        >>> forward([0, 0], present=[1, 0])
        0.5
    """
    return float(np.square(_differences(logits, present)).sum())


def gradient(logits: ArrayLike, present: ArrayLike) -> Array:
    """Compute the gradient at the logits: 2 (p - y), passed back through the sigmoids.

    Raises:
        NetworkError: The shapes do not fit together.

    Example:
        >>> gradient([0, 0], present=[1, 0]).tolist()
        [-0.25, 0.25]
    """
    return sigmoid.gradient(2 * _differences(logits, present), logits)


def explain(logits: ArrayLike, present: ArrayLike) -> SquaredError:
    """Explain how the loss is computed, summed in the order of the labels.

    Raises:
        NetworkError: The shapes do not fit together.

    Example:
        >>> explain([0], present=[1])
        SquaredError(terms=(SquaredDifference(probability=0.5, target=1.0, square=0.25),), result=0.25)
    """
    probabilities = sigmoid.forward(logits)
    targets = as_array(present, "labels", labels=len(probabilities))
    terms = tuple(
        SquaredDifference(probability, target, (probability - target) ** 2)
        for probability, target in zip(probabilities.tolist(), targets.tolist(), strict=True)
    )
    return SquaredError(terms, sum(term.square for term in terms))


def _differences(logits: ArrayLike, present: ArrayLike) -> Array:
    probabilities = sigmoid.forward(logits)
    return probabilities - as_array(present, "labels", labels=len(probabilities))
