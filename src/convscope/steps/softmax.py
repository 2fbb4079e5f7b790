"""Softmax: logits become probabilities, all positive, together 1.

    p[k] = exp(z[k]) / sum over j of exp(z[j])

Only differences between logits count, so the largest is taken off every logit first: the same probabilities,
and no exponential can overflow. For two classes the logits differ by ln(p / (1 - p)).

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
    """How one probability came about: the exponential of its class out of the sum of all.

    Attributes:
        largest: The largest logit, taken off every logit.
        exponentials: exp(logit - largest) for every class.
        total: Their sum.
        result: The share of the class asked for.
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
        NetworkError: The logits have another shape.

    Example:
        >>> forward([1001, 1000]).round(3).tolist()
        [0.731, 0.269]
    """
    logits = as_array(logits, "logits", classes=None)
    exponentials = np.exp(logits - logits.max())
    return exponentials / exponentials.sum()


def gradient(at_output: ArrayLike, logits: ArrayLike) -> Array:
    """Find the gradient at the logits.

    With the Jacobian dp[k]/dz[j] = p[k] * ((k = j) - p[j]), the gradient g at the probabilities becomes
    p * (g - sum of g * p).

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
    """Tell how the probability of one class came about.

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
