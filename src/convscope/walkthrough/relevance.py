"""Which inputs of the output layer matter for which class: how strongly each answers to its pictures.

The more often, and the more strongly, a neuron lights up for the pictures of a class and not for others, the
more it has to say about that class.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from convscope.model.features import compute_features
from convscope.walkthrough.arrays import encode
from convscope.walkthrough.document import Relevance

if TYPE_CHECKING:
    from convscope.model.file import Model
    from convscope.model.selection import Selection


def relevance(model: Model, selection: Selection) -> Relevance:
    """Average what reaches the output layer over the pictures of each class.

    Args:
        model: The model.
        selection: Labelled pictures, prepared for the model.

    Returns:
        The means, (inputs, classes), and how many pictures each class has; the mean of none is 0.
    """
    sums = np.zeros((model.chain.features.shape[0], len(model.classes)))
    counts = np.bincount(selection.labels, minlength=len(model.classes))
    for places, found in compute_features(model, selection.store.pictures, selection.indices):
        is_class = np.eye(len(model.classes))[selection.labels[places]]
        sums += found.astype(np.float64).T @ is_class
    return Relevance(mean=encode(sums / np.maximum(counts, 1), "float32"), pictures=counts.tolist())
