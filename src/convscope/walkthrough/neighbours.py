"""Nearest neighbours: the training pictures whose features are most similar to those of a picture.

Features, which the output layer reads, are compared by cosine distance, 1 - a·b / (‖a‖ ‖b‖): 0 means the same
features in the same proportions, 1 none in common (after ReLU none is negative). Unlike the Euclidean
distance it ignores how strong they are, which depends on a picture's contrast and not on its class.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from convscope.model.features import compute_features
from convscope.walkthrough.drawing import data_url
from convscope.walkthrough.explanation_document import Neighbour

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from convscope.model.file import Model
    from convscope.model.selection import Selection

MAX_NEIGHBOURS = 8
_MAX_KEPT_BYTES = 2**28


class Neighbourhood:
    """An index of pictures, which finds those whose features are nearest to given ones.

    The features of all pictures are computed once and kept in memory: 26 MB for 50,000 pictures with 128
    features. If they need more than 256 MiB, they are computed again at every search.

    Args:
        model: The model.
        selection: The pictures, prepared for the model.
    """

    def __init__(self, model: Model, selection: Selection) -> None:
        self._model = model
        self._selection = selection
        size = 4 * len(selection.indices) * model.chain.features.shape[0]
        self._kept = [*self._features()] if size <= _MAX_KEPT_BYTES else None

    def nearest(self, features: NDArray[np.float64]) -> list[Neighbour]:
        """Return the nearest pictures, the nearest first.

        Args:
            features: (features,) of a picture.
        """
        store, indices = self._selection.store, self._selection.indices
        distances = np.empty(len(indices))
        for positions, others in self._kept or self._features():
            distances[positions] = cosine_distance(others.astype(np.float64), features)
        nearest = np.argsort(distances, kind="stable")[:MAX_NEIGHBOURS]
        return [
            Neighbour(
                name=store.names[int(index)],
                label=store.classes[store.labels[index]],
                distance=float(distances[position]),
                thumbnail=data_url(store.pictures[index]),
            )
            for position, index in zip(nearest.tolist(), indices[nearest].tolist(), strict=True)
        ]

    def _features(self) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]:
        return compute_features(self._model, self._selection.store.pictures, self._selection.indices)


def cosine_distance(rows: NDArray[np.float64], vector: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return 1 - cosine of the angle between each row and a vector; 1 for a row of zeros.

    Example:
        >>> cosine_distance(np.array([[2.0, 0.0], [0.0, 1.0], [0.0, 0.0]]), np.array([1.0, 0.0])).tolist()
        [0.0, 1.0, 1.0]
    """
    lengths = np.linalg.norm(rows, axis=1) * np.linalg.norm(vector)
    cosines = np.divide(rows @ vector, lengths, out=np.zeros(len(rows)), where=lengths > 0)
    return 1 - np.clip(cosines, -1, 1)
