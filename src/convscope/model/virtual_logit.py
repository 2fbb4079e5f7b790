"""An open-set rule: virtual-logit matching, ViM.

Let x be the features (the input of the output layer), W and b the weights and bias of that layer, T the
temperature and z = (W x + b) / T the logits. Then

    score(x) = ln(sum over classes of exp z) - scale ‖r‖

where r is the part of x - origin outside the principal directions (the residual).

The first term, the energy, is large if the logit of some class is large. The second is large for features
unlike those of the training pictures. The principal directions are those in which the training pictures vary
most around the origin, -W⁺b, the point at which all logits are equal. The scale makes the mean of the second
term over training pictures equal to the mean of the largest logit.

Source: H. Wang et al., "ViM: out-of-distribution with virtual-logit matching", CVPR 2022,
https://arxiv.org/abs/2203.10807. The paper keeps at least 512 directions of at least 768 features. We keep
half as many directions as features, at most 256, so that the model file does not grow by megabytes;
`docs/reference/unknown.md` compares the two.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from convscope.model.open_set import REJECTED_FRACTION, threshold_for

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_DIRECTIONS = 256
_MIN_LENGTH = 1e-6
"""Shorter residuals are rounding errors: the features have only principal directions."""


@dataclass(frozen=True, slots=True, eq=False)
class VirtualLogit:
    """A rule of this kind; see `convscope.model.open_set.OpenSetRule`.

    Attributes:
        origin: (features,) float32, the point at which all logits are equal.
        directions: (features, kept) float32, orthonormal columns: the principal directions of training.
        scale: Weight of the residual's norm relative to a logit; 0 or more.
        threshold: Pictures that score below are unknown.
        rejected_fraction: The share of pictures of known classes that the threshold may reject.
    """

    origin: NDArray[np.float32]
    directions: NDArray[np.float32]
    scale: float
    threshold: float
    rejected_fraction: float

    def score(self, features: NDArray[np.floating], logits: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return the energy of the logits, minus the scaled norm of the residual.

        Example:
            The first of two features is the principal direction, and the scale is 2:

            >>> rule = VirtualLogit(np.zeros(2), np.array([[1.0], [0.0]]), 2.0, 0.0, 0.05)
            >>> features = np.array([[3.0, 0.0], [3.0, 4.0]])
            >>> (rule.score(features, np.zeros((2, 2))) - np.log(2)).tolist()
            [0.0, -8.0]
        """
        centred = features.astype(np.float64) - self.origin
        outside = centred - centred @ self.directions @ self.directions.T
        largest = logits.astype(np.float64).max(axis=1)
        energy = largest + np.log(np.exp(logits - largest[:, np.newaxis]).sum(axis=1))
        return energy - self.scale * np.linalg.norm(outside, axis=1)

    def numbers(self) -> dict[str, object]:
        """Return everything but the arrays."""
        return {
            "kind": "virtual_logit",
            "directions": self.directions.shape[1],
            "scale": self.scale,
            "threshold": self.threshold,
            "rejected_fraction": self.rejected_fraction,
        }

    def tensors(self) -> dict[str, NDArray[np.float32]]:
        """Return the arrays by name."""
        return {"origin": self.origin, "directions": self.directions}


def fit(
    train: NDArray[np.floating],
    validation: NDArray[np.floating],
    weight: NDArray[np.floating],
    bias: NDArray[np.floating],
    rejected_fraction: float = REJECTED_FRACTION,
) -> VirtualLogit | None:
    """Find the principal directions on the training set and the threshold on the validation set.

    Args:
        train: (pictures, features) of the training set.
        validation: (pictures, features) of the validation set.
        weight: (classes, features) of the output layer, divided by the temperature.
        bias: (classes,) of the output layer, divided by the temperature.
        rejected_fraction: The share of pictures of known classes that may be rejected.

    Returns:
        None if there are too few pictures; a share of 5 % needs 19 in the validation set.
    """
    kept = min(train.shape[1] // 2, len(train) // 2, MAX_DIRECTIONS)
    if not kept:
        return None
    weight, bias = weight.astype(np.float64), bias.astype(np.float64)
    origin = -np.linalg.pinv(weight) @ bias
    centred = train - origin
    _, _, rows = np.linalg.svd(centred, full_matrices=False)
    directions = rows[:kept].T
    length = np.linalg.norm(centred - centred @ directions @ directions.T, axis=1).mean()
    largest = (train @ weight.T + bias).max(axis=1).mean()
    rule = VirtualLogit(
        origin.astype(np.float32),
        np.ascontiguousarray(directions, np.float32),
        scale=float(max(0.0, largest / length)) if length > _MIN_LENGTH else 0.0,
        threshold=0.0,
        rejected_fraction=rejected_fraction,
    )
    threshold = threshold_for(rule.score(validation, validation @ weight.T + bias), rejected_fraction)
    return None if threshold is None else replace(rule, threshold=threshold)
