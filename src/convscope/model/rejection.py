"""Whether a picture is of no known class: virtual-logit matching, ViM.

Let x be what reaches the output layer, W, b and T its weights, its bias and the temperature, and z the
logits (W x + b) / T. Then

    score(x) = ln(sum over classes of exp z) - scale ‖(x - origin) less its part in the main directions‖

The first term, the energy, is large where some class answers strongly. The second is large where the network
sees what it never saw in training: the directions are those in which its training pictures vary most from
the origin, which is the point that all classes answer alike to, -W⁺b. The scale makes the second term, on
training pictures, as large as the largest logit on average.

A picture with a score below the threshold is unknown. The threshold is the k-th smallest score of n
validation pictures with k = floor(share (n + 1)): however the scores are spread, a new picture of a known
class lies below it with a chance of k / (n + 1), the share at most.

Sources: H. Wang et al., "ViM: out-of-distribution with virtual-logit matching", CVPR 2022,
https://arxiv.org/abs/2203.10807; for the threshold, V. Vovk et al., "Algorithmic learning in a random world",
2005. The paper keeps 512 directions or more of 768 inputs or more. Here it is half of the inputs and at most
256, which `docs/reference/unknown.md` compares, so that the model file does not grow by megabytes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

REFUSED_FRACTION = 0.05
"""So many pictures of known classes may be taken for unknown."""
MOST_DIRECTIONS = 256
_SMALLEST_LENGTH = 1e-6
"""Features that lie in their main directions but for rounding have no other direction to be measured in."""


@dataclass(frozen=True, slots=True, eq=False)
class Rejection:
    """Which pictures a model takes for unknown.

    Attributes:
        origin: (inputs,) float32, the point from which features are seen.
        directions: (inputs, kept) float32, orthonormal columns: the main directions of the training features.
        scale: What a length outside these directions counts, against a logit; 0 or more.
        threshold: Pictures with a score below are unknown.
        refused_fraction: The share of pictures of known classes that the threshold was chosen to refuse.
    """

    origin: NDArray[np.float32]
    directions: NDArray[np.float32]
    scale: float
    threshold: float
    refused_fraction: float

    def numbers(self) -> dict[str, float]:
        """What is not an array."""
        return {
            "scale": self.scale,
            "threshold": self.threshold,
            "refused_fraction": self.refused_fraction,
        }


def score(
    rejection: Rejection, features: NDArray[np.floating], logits: NDArray[np.floating]
) -> NDArray[np.float64]:
    """Compute how well pictures fit to the known classes: the higher, the better.

    Args:
        rejection: The rule.
        features: (n, inputs), what reaches the output layer.
        logits: (n, classes), divided by the temperature.

    Returns:
        (n,).

    Example:
        Two classes, two inputs; the first input is the main direction, and a length outside counts twice:

        >>> rule = Rejection(np.zeros(2), np.array([[1.0], [0.0]]), 2.0, 0.0, 0.05)
        >>> features = np.array([[3.0, 0.0], [3.0, 4.0]])
        >>> (score(rule, features, np.zeros((2, 2))) - np.log(2)).tolist()
        [0.0, -8.0]
    """
    centred = features.astype(np.float64) - rejection.origin
    outside = centred - centred @ rejection.directions @ rejection.directions.T
    largest = logits.astype(np.float64).max(axis=1)
    energy = largest + np.log(np.exp(logits - largest[:, np.newaxis]).sum(axis=1))
    return energy - rejection.scale * np.linalg.norm(outside, axis=1)


def fit(
    train: NDArray[np.floating],
    validation: NDArray[np.floating],
    weight: NDArray[np.floating],
    bias: NDArray[np.floating],
    refused_fraction: float = REFUSED_FRACTION,
) -> Rejection | None:
    """Find the main directions of training pictures, and the threshold on validation pictures.

    Args:
        train: (n, inputs), what reaches the output layer for pictures that were learned from.
        validation: (m, inputs), the same for pictures that were not.
        weight: (classes, inputs) of the output layer, divided by the temperature.
        bias: (classes,), likewise.
        refused_fraction: The share of pictures of known classes that may be refused.

    Returns:
        None if there are too few pictures: fewer than 19 of validation cannot hold a share of 5 %.
    """
    kept = min(train.shape[1] // 2, len(train) // 2, MOST_DIRECTIONS)
    rank = int(refused_fraction * (len(validation) + 1))
    if not kept or not rank:
        return None
    weight, bias = weight.astype(np.float64), bias.astype(np.float64)
    origin = -np.linalg.pinv(weight) @ bias
    centred = train - origin
    _, _, rows = np.linalg.svd(centred, full_matrices=False)
    directions = rows[:kept].T
    length = np.linalg.norm(centred - centred @ directions @ directions.T, axis=1).mean()
    largest = (train @ weight.T + bias).max(axis=1).mean()
    rule = Rejection(
        origin.astype(np.float32),
        np.ascontiguousarray(directions, np.float32),
        scale=float(max(0.0, largest / length)) if length > _SMALLEST_LENGTH else 0.0,
        threshold=0.0,
        refused_fraction=refused_fraction,
    )
    scores = np.sort(score(rule, validation, validation @ weight.T + bias))
    return replace(rule, threshold=float(scores[rank - 1]))
