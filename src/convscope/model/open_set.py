"""The open-set rule: whether a picture belongs to none of the known classes. Virtual-logit matching, ViM.

Let x be the features, which the output layer reads, W and b that layer's weights and bias, T the temperature
and z = (W x + b) / T the logits. Then

    score(x) = ln(sum over classes of exp z) - scale ‖r‖

where r is what remains of x - origin without its part in the principal directions.

The first term, the energy, is large if some class answers strongly. The second is large if the network sees
what it never saw in training. The principal directions are those in which the training pictures vary most
around the origin, -W⁺b, the point at which all logits are equal. The scale makes the second term, averaged
over training pictures, as large as the largest logit.

A picture that scores below the threshold is unknown. The threshold is the k-th smallest score of n validation
pictures, k = floor(fraction (n + 1)). Whatever the distribution of the scores, a new picture of a known class
scores below it with probability k / (n + 1), which is at most the fraction (split conformal prediction).

Sources: H. Wang et al., "ViM: out-of-distribution with virtual-logit matching", CVPR 2022,
https://arxiv.org/abs/2203.10807; for the threshold, V. Vovk et al., "Algorithmic learning in a random world",
2005. The paper keeps 512 directions or more of 768 features or more. We keep half of the features and at most
256, so that the model file does not grow by megabytes; `docs/reference/unknown.md` compares the two.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

REJECTED_FRACTION = 0.05
"""Share of pictures of known classes that may be taken for unknown."""
MAX_DIRECTIONS = 256
_MIN_LENGTH = 1e-6
"""Shorter remainders are rounding errors: the features have no direction but the principal ones."""


@dataclass(frozen=True, slots=True, eq=False)
class OpenSetRule:
    """Which pictures a model takes for unknown.

    Attributes:
        origin: (features,) float32, the point at which all logits are equal.
        directions: (features, kept) float32, orthonormal columns: the principal directions of training.
        scale: How much a unit of length outside these directions weighs against a logit; 0 or more.
        threshold: Pictures that score below are unknown.
        rejected_fraction: The share of pictures of known classes that the threshold may reject.
    """

    origin: NDArray[np.float32]
    directions: NDArray[np.float32]
    scale: float
    threshold: float
    rejected_fraction: float

    def numbers(self) -> dict[str, float]:
        """Return the fields that are not arrays."""
        return {
            "scale": self.scale,
            "threshold": self.threshold,
            "rejected_fraction": self.rejected_fraction,
        }


def score(
    rule: OpenSetRule, features: NDArray[np.floating], logits: NDArray[np.floating]
) -> NDArray[np.float64]:
    """Score how well pictures fit the known classes: the higher, the better.

    Args:
        rule: The rule.
        features: (pictures, features), which the output layer reads.
        logits: (pictures, classes), divided by the temperature.

    Returns:
        (pictures,).

    Example:
        Two classes, two features; the first is the principal direction, and a length outside counts twice:

        >>> rule = OpenSetRule(np.zeros(2), np.array([[1.0], [0.0]]), 2.0, 0.0, 0.05)
        >>> features = np.array([[3.0, 0.0], [3.0, 4.0]])
        >>> (score(rule, features, np.zeros((2, 2))) - np.log(2)).tolist()
        [0.0, -8.0]
    """
    centred = features.astype(np.float64) - rule.origin
    outside = centred - centred @ rule.directions @ rule.directions.T
    largest = logits.astype(np.float64).max(axis=1)
    energy = largest + np.log(np.exp(logits - largest[:, np.newaxis]).sum(axis=1))
    return energy - rule.scale * np.linalg.norm(outside, axis=1)


def fit(
    train: NDArray[np.floating],
    validation: NDArray[np.floating],
    weight: NDArray[np.floating],
    bias: NDArray[np.floating],
    rejected_fraction: float = REJECTED_FRACTION,
) -> OpenSetRule | None:
    """Find the principal directions on the training set and the threshold on the validation set.

    Args:
        train: (pictures, features) of the training set.
        validation: (pictures, features) of the validation set.
        weight: (classes, features) of the output layer, divided by the temperature.
        bias: (classes,), likewise.
        rejected_fraction: The share of pictures of known classes that may be rejected.

    Returns:
        None if there are too few pictures; for a share of 5 % the validation set needs 19.
    """
    kept = min(train.shape[1] // 2, len(train) // 2, MAX_DIRECTIONS)
    rank = int(rejected_fraction * (len(validation) + 1))
    if not kept or not rank:
        return None
    weight, bias = weight.astype(np.float64), bias.astype(np.float64)
    origin = -np.linalg.pinv(weight) @ bias
    centred = train - origin
    _, _, rows = np.linalg.svd(centred, full_matrices=False)
    directions = rows[:kept].T
    length = np.linalg.norm(centred - centred @ directions @ directions.T, axis=1).mean()
    largest = (train @ weight.T + bias).max(axis=1).mean()
    rule = OpenSetRule(
        origin.astype(np.float32),
        np.ascontiguousarray(directions, np.float32),
        scale=float(max(0.0, largest / length)) if length > _MIN_LENGTH else 0.0,
        threshold=0.0,
        rejected_fraction=rejected_fraction,
    )
    scores = np.sort(score(rule, validation, validation @ weight.T + bias))
    return replace(rule, threshold=float(scores[rank - 1]))
