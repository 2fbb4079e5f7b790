"""The features that belong to each class, by their mean activation on its pictures.

The more often and the more strongly a neuron is active on the pictures of one class and not on others, the
more specific it is to that class.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from convscope.model.cached_features import features_of_model
from convscope.walkthrough.arrays import encode
from convscope.walkthrough.document import Relevance

if TYPE_CHECKING:
    from convscope.model.file import Model
    from convscope.model.selection import Selection


def relevance(model: Model, selection: Selection) -> Relevance:
    """Average the features over the pictures of each class.

    Args:
        model: The model.
        selection: Labelled pictures, prepared for the model.

    Returns:
        The means, (features, classes), 0 for a class without pictures, and each class's number of pictures.
    """
    sums = np.zeros((model.chain.features.shape[0], len(model.classes)))
    truth = selection.target.indicators(selection.labels)
    counts = truth.sum(axis=0)
    for positions, features in features_of_model(model, selection.store, selection.indices):
        sums += features.astype(np.float64).T @ truth[positions]
    return Relevance(mean=encode(sums / np.maximum(counts, 1), "float32"), pictures=counts.tolist())
