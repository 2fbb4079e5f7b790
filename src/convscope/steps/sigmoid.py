"""Sigmoid: each logit becomes a probability, independently of the other logits.

    p[k] = 1 / (1 + exp(-z[k]))

It is the last step of networks with several labels per picture: each output answers "is this label present?",
so the probabilities need not sum to 1. Softmax would make the labels compete: a higher probability of one
would lower all others. The logit is the log odds of its label, z = ln(p / (1 - p)); at z = 0, p is one half.
Sigmoid is softmax for two classes with the logits z and 0.

For negative z, exp(z) / (1 + exp(z)) is computed instead, so that no exponential can overflow.

Source: Deep Learning, sections 3.10 and 6.2.2.2.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from convscope.steps.arrays import Array, as_array, require_inside

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

_LARGEST_EXPONENT = math.log(np.finfo(np.float64).max)


@dataclass(frozen=True, slots=True)
class SigmoidShare:
    """How one probability is computed: 1 / (1 + exponential).

    Attributes:
        logit: The label's logit, z.
        exponential: exp(-z); infinite if it is too large for a float.
        result: Probability of the label.
    """

    logit: float
    exponential: float
    result: float


def forward(logits: ArrayLike) -> Array:
    """Turn each logit into a probability.

    Args:
        logits: (labels,).

    Returns:
        (labels,), each between 0 and 1.

    Raises:
        NetworkError: The logits are not (labels,).

    Example:
        >>> forward([0, 2, -2, -1000]).round(3).tolist()
        [0.5, 0.881, 0.119, 0.0]
    """
    logits = as_array(logits, "logits", labels=None)
    exponentials = np.exp(-np.abs(logits))
    return np.where(logits < 0, exponentials, 1.0) / (1 + exponentials)


def gradient(at_output: ArrayLike, logits: ArrayLike) -> Array:
    """Compute the gradient at the logits: the gradient at the probabilities times p * (1 - p).

    Args:
        at_output: The gradient at the probabilities, (labels,).
        logits: As in `forward`.

    Raises:
        NetworkError: The shapes do not fit together.

    Example:
        >>> gradient([1, 1], logits=[0, 0]).tolist()
        [0.25, 0.25]
    """
    probabilities = forward(logits)
    at_output = as_array(at_output, "gradients", labels=len(probabilities))
    return at_output * probabilities * (1 - probabilities)


def explain(logits: ArrayLike, *, label_index: int) -> SigmoidShare:
    """Explain how the probability of one label is computed.

    Raises:
        NetworkError: The logits are not (labels,).
        SettingError: There is no such label.

    Example:
        >>> explain([0, 3], label_index=0)
        SigmoidShare(logit=0.0, exponential=1.0, result=0.5)
    """
    logits = as_array(logits, "logits", labels=None)
    require_inside(logits.shape, label_index=label_index)
    logit = float(logits[label_index])
    exponential = math.exp(-logit) if logit > -_LARGEST_EXPONENT else math.inf
    return SigmoidShare(logit, exponential, float(forward(logits)[label_index]))
