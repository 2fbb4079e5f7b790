"""Softmax: logits become probabilities, all positive, with sum 1.

    p[k] = exp(z[k]) / sum over j of exp(z[j])

Only differences between logits matter. The largest logit is therefore subtracted from all of them first: this
gives the same probabilities, and no exponential can overflow. For two classes, the difference of the logits
is ln(p / (1 - p)).

Source: Deep Learning, sections 4.1 and 6.2.2.3.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from convscope.steps.arrays import Array, as_array, require_inside

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


@dataclass(frozen=True, slots=True)
class SoftmaxShare:
    """How one probability is computed: the exponential of its class divided by the sum of all.

    Attributes:
        largest: The largest logit, which is subtracted from all.
        exponentials: exp(logit - largest) of each class.
        total: Sum of the exponentials.
        result: Probability of the class.
    """

    largest: float
    exponentials: tuple[float, ...]
    total: float
    result: float


def forward(logits: ArrayLike) -> Array:
    """Turn logits into probabilities.

    Args:
        logits: (classes,).

    Returns:
        (classes,), between 0 and 1, with sum 1.

    Raises:
        NetworkError: The logits are not (classes,).

    Example:
        >>> forward([1001, 1000]).round(3).tolist()
        [0.731, 0.269]
    """
    logits = as_array(logits, "logits", classes=None)
    exponentials = np.exp(logits - logits.max())
    return exponentials / exponentials.sum()


def gradient(at_output: ArrayLike, logits: ArrayLike) -> Array:
    """Compute the gradient at the logits.

    The Jacobian is dp[k]/dz[j] = p[k] * (δ[k, j] - p[j]) with δ[k, j] = 1 if k = j, else 0. It turns the
    gradient g at the probabilities into p * (g - sum of g * p).

    Args:
        at_output: The gradient at the probabilities, (classes,).
        logits: As in `forward`.

    Raises:
        NetworkError: The shapes do not fit together.

    Example:
        >>> gradient([1, 0], logits=[0, 0]).tolist()
        [0.25, -0.25]
    """
    probabilities = forward(logits)
    at_output = as_array(at_output, "gradients", classes=len(probabilities))
    return probabilities * (at_output - at_output @ probabilities)


def explain(logits: ArrayLike, *, class_index: int) -> SoftmaxShare:
    """Explain how the probability of one class is computed.

    Raises:
        NetworkError: The logits are not (classes,).
        SettingError: There is no such class.

    Example:
        >>> explain([5, 5], class_index=0)
        SoftmaxShare(largest=5.0, exponentials=(1.0, 1.0), total=2.0, result=0.5)
    """
    logits = as_array(logits, "logits", classes=None)
    require_inside(logits.shape, class_index=class_index)
    largest = logits.max()
    exponentials = tuple(np.exp(logits - largest).tolist())
    total = sum(exponentials)
    return SoftmaxShare(float(largest), exponentials, total, exponentials[class_index] / total)
