"""The losses of a prediction, for each possible true class, and for each label present or absent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from convscope.steps import (
    binary_cross_entropy,
    binary_squared_error,
    classification_error,
    cross_entropy,
    squared_error,
)
from convscope.walkthrough.answer_document import Gradients, LabelCost, LabelLoss, Losses
from convscope.walkthrough.truth import MAX_CLASSES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from convscope.steps.arrays import Array
    from convscope.walkthrough.truth import Truth


def top_classes(logits: Array, also: Iterable[int] = ()) -> list[int]:
    """Return the classes to show in full, in order: all, or the most probable ones and the required others.

    Example:
        >>> top_classes(np.array([0.0, 5.0, 1.0])), len(top_classes(np.arange(100.0), also=[3]))
        ([0, 1, 2], 21)
    """
    chosen = {*np.argsort(-logits, kind="stable")[:MAX_CLASSES].tolist()}
    return sorted(chosen | {*also})


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


def label_losses(logits: Array, label: int) -> LabelLoss:
    """Compute the contribution of one label to the losses and gradients, if it is present and if absent.

    Args:
        logits: (labels,).
        label: Index of the label.

    Example:
        >>> found = label_losses(np.array([0.0]), 0)
        >>> found.present.gradient, found.absent.gradient, found.present.squared_gradient
        (-0.5, 0.5, -0.25)
    """
    logit = logits[label : label + 1]
    absent, present = (
        LabelCost(
            cross_entropy=binary_cross_entropy.forward(logit, [there]),
            gradient=float(binary_cross_entropy.gradient(logit, [there])[0]),
            squared_error=binary_squared_error.forward(logit, [there]),
            squared_gradient=float(binary_squared_error.gradient(logit, [there])[0]),
        )
        for there in (0, 1)
    )
    return LabelLoss(label=label, present=present, absent=absent)


def loss_of_logits(logits: Array, truth: Truth, temperature: float) -> float:
    """Compute the loss shown in a walk, with the logits divided by the temperature.

    Example:
        >>> from convscope.walkthrough.truth import TrueClass
        >>> round(float(loss_of_logits(np.array([0.0, 0.0]), TrueClass(0), temperature=2.0)), 6)
        0.693147
    """
    return truth.loss(logits / temperature)


def gradient_at_logits(logits: Array, truth: Truth, temperature: float) -> Array:
    """Compute the gradient of that loss at the logits: (probability - target) / temperature.

    Example:
        >>> from convscope.walkthrough.truth import TrueClass
        >>> gradient_at_logits(np.array([0.0, 0.0]), TrueClass(0), temperature=2.0).tolist()
        [-0.25, 0.25]
    """
    return truth.gradient(logits / temperature) / temperature
