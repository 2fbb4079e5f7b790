"""A head that is refitted in a moment, whenever pictures are added.

It is the logistic regression of `training/start/head.py` on the features of the last block with a fixed
penalty: choosing these by cross-validation takes seconds, and is left to training. With at least 19 pictures,
it also has the open-set rule of `model/nearest.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from convscope.model import nearest
from convscope.steps import softmax
from convscope.training.start.head import DEFAULT_PENALTY
from convscope.training.start.logistic import fit_logistic
from convscope.training.start.scaled_blocks import scale_blocks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from convscope.model.nearest import Nearest, Similar

_TOLERANCE = 1e-2


class QuickHead(NamedTuple):
    """A head.

    Attributes:
        classes: Names in the order of the outputs.
        weights: (classes, features) float32.
        bias: (classes,) float32.
        pictures: Number of training pictures.
        open_set: The open-set rule; None if there are too few pictures.
    """

    classes: tuple[str, ...]
    weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    pictures: int
    open_set: Nearest | None

    def probabilities(self, features: NDArray[np.float32]) -> dict[str, float]:
        """Return the probability of each class, by name, for the features (features,) of a picture."""
        logits = (self.weights @ features + self.bias).astype(np.float64)
        return dict(zip(self.classes, softmax.forward(logits).tolist(), strict=True))

    def similar(self, features: NDArray[np.float32]) -> list[Similar]:
        """Return the pictures nearest to the features (features,) of a picture; none without a rule."""
        return self.open_set.similar(features) if self.open_set else []


def fit_quick_head(
    features: NDArray[np.float32], labels: Sequence[str], names: Sequence[str] | None = None
) -> QuickHead:
    """Fit a head; all classes have equal weight, independent of their number of pictures.

    Args:
        features: (pictures, features).
        labels: The class of each picture; at least two different ones.
        names: The digest of each picture's file, 16 hexadecimal digits; None: no open-set rule.

    Example:
        >>> features = np.array([[0, 1], [0, 2], [40, 1], [40, 2]], np.float32)
        >>> head = fit_quick_head(features, ["mug", "mug", "pen", "pen"])
        >>> answer = head.probabilities(np.array([40, 3], np.float32))
        >>> max(answer, key=answer.get)
        'pen'
    """
    classes, indices, counts = np.unique(np.array(labels), return_inverse=True, return_counts=True)
    space = scale_blocks(features, [slice(0, features.shape[1])])
    weights = (len(labels) / len(classes) / counts).astype(np.float32)[indices]
    found = fit_logistic(
        space.coordinates,
        indices,
        weights,
        DEFAULT_PENALTY,
        start=space.zeros(len(classes)),
        spectrum=space.spectrum,
        tolerance=_TOLERANCE,
    )
    rule = None
    if names is not None:
        digests = np.array([[*bytes.fromhex(name)] for name in names], np.uint8)
        alone = np.arange(len(labels))
        rule = nearest.fit(features, [slice(0, features.shape[1])], alone, digests, indices)
    return QuickHead(tuple(classes.tolist()), *space.fold(found), len(labels), rule)
