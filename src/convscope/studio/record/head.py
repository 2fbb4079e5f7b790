"""A head that is fitted in a moment, again and again while pictures come in.

It is the logistic regression of `training/start/head.py` on the features of the last block with a fixed
penalty: choosing these by cross-validation takes seconds, and is left to the training. From 19 pictures on,
it also has the rule of `model/nearest.py` for pictures of none of the classes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from convscope.model import nearest
from convscope.steps import softmax
from convscope.training.start.head import DEFAULT_PENALTY
from convscope.training.start.logistic import Coefficients, fit_logistic
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
        pictures: How many it has learned from.
        open_set: The rule for pictures of none of the classes; None if there are too few pictures.
    """

    classes: tuple[str, ...]
    weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    pictures: int
    open_set: Nearest | None

    def probabilities(self, features: NDArray[np.float32]) -> dict[str, float]:
        """Return the probability of each class, by its name, for the features (features,) of a picture."""
        logits = (self.weights @ features + self.bias).astype(np.float64)
        return dict(zip(self.classes, softmax.forward(logits).tolist(), strict=True))

    def similar(self, features: NDArray[np.float32]) -> list[Similar]:
        """Return the pictures nearest to the features (features,) of a picture; none without a rule."""
        return self.open_set.similar(features) if self.open_set else []


def fit_quick_head(
    features: NDArray[np.float32], labels: Sequence[str], names: Sequence[str] | None = None
) -> QuickHead:
    """Fit a head; all classes count the same, however many pictures they have.

    Args:
        features: (pictures, features).
        labels: The class of each picture; at least two different ones.
        names: The digest of each picture's file, 16 hexadecimal digits; None: nothing is said of pictures of
            none of the classes.

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
    start = Coefficients(
        np.zeros((space.coordinates.shape[1], len(classes)), np.float32), np.zeros(len(classes), np.float32)
    )
    found = fit_logistic(
        space.coordinates,
        indices,
        weights,
        DEFAULT_PENALTY,
        start=start,
        spectrum=space.spectrum,
        tolerance=_TOLERANCE,
    )
    rule = None
    if names is not None:
        digests = np.array([[*bytes.fromhex(name)] for name in names], np.uint8)
        alone = np.arange(len(labels))
        rule = nearest.fit(features, [slice(0, features.shape[1])], alone, digests, indices)
    return QuickHead(tuple(classes.tolist()), *space.fold(found), len(labels), rule)
