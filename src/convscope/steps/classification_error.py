"""Classification error: 1 if another class than the true one is predicted, else 0.

Its mean over the pictures is what one wants to be small (accuracy is 1 minus it). But no network learns from
it: it stays the same when the logits change a little, so its gradient is zero, except where two classes are
exactly equal and it jumps and has none.

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
    """How the error came about: 0 if the predicted class is the true class, else 1."""

    predicted_class: int
    true_class: int
    result: float


def forward(logits: ArrayLike, true_class: int) -> float:
    """Measure the error of one picture.

    Args:
        logits: (classes,); the class of the largest is predicted, the first of equals.
        true_class: Its index.

    Returns:
        0 or 1.

    Raises:
        NetworkError: The logits have another shape.
        SettingError: There is no such class.

    Example:
        >>> forward([2, 1], true_class=0), forward([2, 1], true_class=1)
        (0.0, 1.0)
    """
    return explain(logits, true_class).result


def gradient(logits: ArrayLike, true_class: int) -> Array:
    """Find the gradient at the logits: zero almost everywhere, so zeros.

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
    """Tell how the error came about.

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
