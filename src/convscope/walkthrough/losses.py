"""The losses of a prediction, for each class that could be the true one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from convscope.steps import classification_error, cross_entropy, squared_error
from convscope.walkthrough.document import Gradients, Losses

if TYPE_CHECKING:
    from convscope.steps.arrays import Array

MAX_CLASSES = 20
"""If there are more classes, only this many of the most probable are shown in full."""


def top_classes(logits: Array, truth: int | None = None) -> list[int]:
    """Return the classes to show in full, in order: all, or the most probable ones and the true one.

    Example:
        >>> top_classes(np.array([0.0, 5.0, 1.0])), len(top_classes(np.arange(100.0), truth=3))
        ([0, 1, 2], 21)
    """
    chosen = {*np.argsort(-logits, kind="stable")[:MAX_CLASSES].tolist()}
    return sorted(chosen if truth is None else chosen | {truth})


def losses(logits: Array, truth: int) -> Losses:
    """Compute the three losses and their gradients at the logits.

    Args:
        logits: (classes,).
        truth: Index of the true class.

    Example:
        >>> losses(np.array([0.0, 0.0]), truth=0).gradients.cross_entropy
        [-0.5, 0.5]
    """
    return Losses(
        truth=truth,
        cross_entropy=cross_entropy.forward(logits, truth),
        squared_error=squared_error.forward(logits, truth),
        classification_error=classification_error.forward(logits, truth),
        gradients=Gradients(
            cross_entropy=cross_entropy.gradient(logits, truth).tolist(),
            squared_error=squared_error.gradient(logits, truth).tolist(),
            classification_error=classification_error.gradient(logits, truth).tolist(),
        ),
    )


def loss_of_logits(logits: Array, truth: int, temperature: float) -> float:
    """Compute cross-entropy as a walk shows it, after the logits were divided by the temperature.

    Example:
        >>> round(float(loss_of_logits(np.array([0.0, 0.0]), truth=0, temperature=2.0)), 6)
        0.693147
    """
    return cross_entropy.forward(logits / temperature, truth)


def gradient_at_logits(logits: Array, truth: int, temperature: float) -> Array:
    """Compute the gradient of that loss at the logits: (probability - target) / temperature.

    Example:
        >>> gradient_at_logits(np.array([0.0, 0.0]), truth=0, temperature=2.0).tolist()
        [-0.25, 0.25]
    """
    return cross_entropy.gradient(logits / temperature, truth) / temperature
