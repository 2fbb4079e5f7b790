"""Binary cross-entropy: the loss for several labels, each of which is right or wrong independently.

    loss = -sum over k of (y[k] ln p[k] + (1 - y[k]) ln(1 - p[k]))

where p are the probabilities after the sigmoids, and y[k] is 1 if the picture has the label and 0 if not.
Each label contributes one term: -ln p if it is present, -ln(1 - p) if it is absent. The gradient at the
logits is p - y, the same as for softmax and cross-entropy.

It is computed from the logits, max(z, 0) - z y + ln(1 + exp(-abs(z))), so that a probability too close to
0 or 1 for a float does not give an infinite loss. The loss of a batch is the mean over its pictures.

Source: Deep Learning, section 6.2.2.2; the numerically stable form is from PyTorch's `BCEWithLogitsLoss`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from convscope.steps import sigmoid
from convscope.steps.arrays import Array, as_array

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


@dataclass(frozen=True, slots=True)
class BinaryCrossEntropy:
    """How the loss is computed: the sum of one term per label.

    Attributes:
        present: Whether the picture has each label.
        probabilities: The predicted probability of each label.
        parts: -ln p for a label that is present, -ln(1 - p) for one that is absent.
        result: Their sum.
    """

    present: tuple[bool, ...]
    probabilities: tuple[float, ...]
    parts: tuple[float, ...]
    result: float


def forward(logits: ArrayLike, present: ArrayLike) -> float:
    """Compute the loss of one picture, in nats, 0 or more.

    Args:
        logits: (labels,).
        present: (labels,) 1 if the picture has the label, else 0.

    Raises:
        NetworkError: The shapes do not fit together.

    Example:
        >>> round(forward([0, 0], present=[1, 0]), 4)
        1.3863
        >>> forward([-1000, 0], present=[1, 0]) > 1000
        True
    """
    return float(_parts(logits, present).sum())


def gradient(logits: ArrayLike, present: ArrayLike) -> Array:
    """Compute the gradient at the logits, p - y.

    Raises:
        NetworkError: The shapes do not fit together.

    Example:
        >>> gradient([0, 0], present=[1, 0]).tolist()
        [-0.5, 0.5]
    """
    probabilities = sigmoid.forward(logits)
    return probabilities - as_array(present, "labels", labels=len(probabilities))


def explain(logits: ArrayLike, present: ArrayLike) -> BinaryCrossEntropy:
    """Explain how the loss is computed.

    Raises:
        NetworkError: The shapes do not fit together.

    Example:
        >>> explain([0, 0], present=[1, 0]).probabilities
        (0.5, 0.5)
    """
    parts = _parts(logits, present)
    there = tuple(bool(one) for one in np.asarray(present))
    probabilities = tuple(sigmoid.forward(logits).tolist())
    return BinaryCrossEntropy(there, probabilities, tuple(parts.tolist()), float(parts.sum()))


def _parts(logits: ArrayLike, present: ArrayLike) -> Array:
    logits = as_array(logits, "logits", labels=None)
    wanted = as_array(present, "labels", labels=len(logits))
    return np.maximum(logits, 0) - logits * wanted + np.log1p(np.exp(-np.abs(logits)))
