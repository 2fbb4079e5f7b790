"""The open-set rule: whether a picture belongs to none of the known classes.

A rule scores how well pictures fit the known classes: the higher, the better. There are two kinds:

    virtual_logit.VirtualLogit   for networks that were trained from scratch
    nearest.Nearest              for pretrained features

A picture that scores below the threshold is unknown. The threshold is the k-th smallest of the scores of n
pictures that the rule was not fitted to, k = floor(fraction (n + 1)). Whatever the distribution of the
scores, a new picture of a known class scores below it with probability k / (n + 1), which is at most the
fraction (split conformal prediction).

Source: V. Vovk et al., "Algorithmic learning in a random world", 2005.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

REJECTED_FRACTION = 0.05
"""Share of pictures of known classes that may be rejected as unknown."""


@runtime_checkable
class OpenSetRule(Protocol):
    """A rule that rejects pictures as unknown."""

    @property
    def threshold(self) -> float:
        """Pictures that score below are unknown."""
        ...

    @property
    def rejected_fraction(self) -> float:
        """The share of pictures of known classes that the threshold may reject."""
        ...

    def score(self, features: NDArray[np.floating], logits: NDArray[np.floating]) -> NDArray[np.float64]:
        """Score how well pictures fit the known classes: the higher, the better.

        Args:
            features: (pictures, features), the input of the output layer.
            logits: (pictures, classes), divided by the temperature.

        Returns:
            (pictures,).
        """
        ...

    def numbers(self) -> dict[str, object]:
        """Return everything but the arrays, as JSON values; `kind` names the kind of rule."""
        ...

    def tensors(self) -> Mapping[str, NDArray[np.float32]]:
        """Return the arrays by name."""
        ...


def scores_needed(rejected_fraction: float) -> int:
    """Return the number of scores needed for a threshold.

    Example:
        >>> scores_needed(0.05), scores_needed(0.5)
        (19, 1)
    """
    return math.ceil(1 / rejected_fraction) - 1


def threshold_for(scores: NDArray[np.floating], rejected_fraction: float) -> float | None:
    """Return the threshold that rejects a share of new pictures of known classes; None with too few scores.

    Example:
        >>> threshold_for(np.arange(39.0), 0.05), threshold_for(np.arange(18.0), 0.05)
        (1.0, None)
    """
    rank = int(rejected_fraction * (len(scores) + 1))
    return float(np.sort(scores)[rank - 1]) if rank else None
