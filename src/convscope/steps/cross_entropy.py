"""Cross-entropy: the lower the probability of the true class, the larger the loss.

    loss = -sum over k of y[k] ln p[k] = -ln p[true class]

where p are the probabilities after softmax, and y is 1 for the true class and 0 for the others. The gradient
at the logits is p - y: as large as the mistake, however confident the network is. That is why classifiers are
trained with this loss.

It is computed from the logits, so that a probability too small for a float does not give an infinite loss.
The loss of a batch is the mean over its pictures. If only probabilities are known, their logarithms serve as
logits.

Source: Deep Learning, section 6.2.2.3, equation 6.30.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from convscope.steps import softmax
from convscope.steps.arrays import Array, as_array, require_inside

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


@dataclass(frozen=True, slots=True)
class CrossEntropy:
    """How the loss is computed: -ln(probability of the true class) = result."""

    true_class: int
    probability: float
    result: float


def forward(logits: ArrayLike, true_class: int) -> float:
    """Compute the loss of one picture.

    Args:
        logits: (classes,).
        true_class: Index of the true class.

    Returns:
        The loss in nats, 0 or more.

    Raises:
        NetworkError: The logits are not (classes,).
        SettingError: There is no such class.

    Example:
        >>> round(forward(np.log([0.9, 0.1]), true_class=0), 4)
        0.1054
        >>> forward([0, 1000], true_class=0)
        1000.0
    """
    logits = as_array(logits, "logits", classes=None)
    require_inside(logits.shape, true_class=true_class)
    shifted = logits - logits.max()
    return float(np.log(np.exp(shifted).sum()) - shifted[true_class])


def gradient(logits: ArrayLike, true_class: int) -> Array:
    """Compute the gradient at the logits, p - y.

    Raises:
        NetworkError: The logits are not (classes,).
        SettingError: There is no such class.

    Example:
        >>> gradient([0, 0], true_class=0).tolist()
        [-0.5, 0.5]
    """
    probabilities = softmax.forward(logits)
    require_inside(probabilities.shape, true_class=true_class)
    return probabilities - np.eye(len(probabilities))[true_class]


def explain(logits: ArrayLike, true_class: int) -> CrossEntropy:
    """Explain how the loss is computed.

    Raises:
        NetworkError: The logits are not (classes,).
        SettingError: There is no such class.

    Example:
        >>> explain([0, 0], true_class=1)
        CrossEntropy(true_class=1, probability=0.5, result=0.6931471805599453)
    """
    loss = forward(logits, true_class)
    return CrossEntropy(true_class, float(softmax.forward(logits)[true_class]), loss)
