"""Classification error: 0 if the true class is predicted, else 1.

Its mean over the pictures is what we want to minimise: it is 1 - accuracy. But a network cannot be trained
with it. A small change of the logits does not change it, so its gradient is zero; where the two largest
logits are equal, it jumps and has no gradient at all.

Source: Deep Learning, section 8.1.2, where it is called the 0-1 loss.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from convscope.steps.arrays import Array, as_array, require_inside

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


@dataclass(frozen=True, slots=True)
class ClassificationError:
    """How the error is computed: 0 if the predicted class is the true class, else 1."""

    predicted_class: int
    true_class: int
    result: float


def forward(logits: ArrayLike, true_class: int) -> float:
    """Compute the error of one picture.

    Args:
        logits: (classes,); the predicted class is that of the largest logit, the first one among equals.
        true_class: Index of the true class.

    Returns:
        0 or 1.

    Raises:
        NetworkError: The logits are not (classes,).
        SettingError: There is no such class.

    Example:
        >>> forward([2, 1], true_class=0), forward([2, 1], true_class=1)
        (0.0, 1.0)
    """
    return explain(logits, true_class).result


def gradient(logits: ArrayLike, true_class: int) -> Array:
    """Return the gradient at the logits: zeros, because it is zero almost everywhere.

    Raises:
        NetworkError: The logits are not (classes,).
        SettingError: There is no such class.

    Example:
        >>> gradient([2, 1], true_class=1).tolist()
        [0.0, 0.0]
    """
    logits = as_array(logits, "logits", classes=None)
    require_inside(logits.shape, true_class=true_class)
    return np.zeros_like(logits)


def explain(logits: ArrayLike, true_class: int) -> ClassificationError:
    """Explain how the error is computed.

    Raises:
        NetworkError: The logits are not (classes,).
        SettingError: There is no such class.

    Example:
        >>> explain([2, 1], true_class=1)
        ClassificationError(predicted_class=0, true_class=1, result=1.0)
    """
    logits = as_array(logits, "logits", classes=None)
    require_inside(logits.shape, true_class=true_class)
    predicted_class = int(logits.argmax())
    return ClassificationError(predicted_class, true_class, float(predicted_class != true_class))
