"""Nearest neighbours: the training pictures whose features are most similar to those of a picture.

Features (the input of the output layer) are compared by their cosine, a·b / (‖a‖ ‖b‖): 1 means the same
features in the same proportions, 0 none in common (after ReLU none is negative). Unlike the Euclidean
distance, it ignores their strength, which depends on a picture's contrast and not on its class. For a model
with the rule of `model/nearest.py`, features are scaled block by block, as in that rule.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from convscope.model.cached_features import features_of_model
from convscope.model.nearest import Nearest
from convscope.walkthrough.drawing import data_url
from convscope.walkthrough.explanation_document import Neighbour

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from convscope.model.file import Model
    from convscope.model.selection import Selection

MAX_NEIGHBOURS = 8
_MAX_KEPT_BYTES = 2**28
_THUMBNAIL_SIDE = 128  # the number shown on the page


class Neighbourhood:
    """An index of pictures that finds those with the nearest features.

    The features of all pictures are computed once and kept in memory: 26 MB for 50,000 pictures with 128
    features. If they need more than 256 MiB, they are recomputed for every search.

    Args:
        model: The model.
        selection: The pictures, prepared for the model.
    """

    def __init__(self, model: Model, selection: Selection) -> None:
        self._model = model
        self._selection = selection
        self._rule = model.open_set if isinstance(model.open_set, Nearest) else None
        size = 4 * len(selection.indices) * model.chain.features.shape[0]
        self._kept = [*self._features()] if size <= _MAX_KEPT_BYTES else None

    def nearest(self, features: NDArray[np.float64]) -> list[Neighbour]:
        """Return the nearest pictures, the nearest first.

        Args:
            features: (features,) of a picture.
        """
        store, indices = self._selection.store, self._selection.indices
        cosines = np.empty(len(indices))
        for positions, others in self._kept or self._features():
            cosines[positions] = self._cosines(others.astype(np.float64), features)
        nearest = np.argsort(-cosines, kind="stable")[:MAX_NEIGHBOURS]
        return [
            Neighbour(
                name=store.names[int(index)],
                label=store.target.names[store.labels[index]],
                similarity=float(cosines[position]),
                thumbnail=data_url(store.pictures[index], _THUMBNAIL_SIDE),
            )
            for position, index in zip(nearest.tolist(), indices[nearest].tolist(), strict=True)
        ]

    def _cosines(self, rows: NDArray[np.float64], features: NDArray[np.float64]) -> NDArray[np.float64]:
        if self._rule is None:
            return cosine_similarity(rows, features)
        return self._rule.coordinates(rows) @ self._rule.coordinates(features[np.newaxis])[0]

    def _features(self) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]:
        return features_of_model(self._model, self._selection.store, self._selection.indices)


def neighbours_in_rule(
    model: Model, features: NDArray[np.float64], names: Mapping[str, str]
) -> list[Neighbour]:
    """Return the nearest of the training pictures in the model's open-set rule.

    Args:
        model: The model; the result is empty without a rule of nearest pictures.
        features: (features,) of a picture.
        names: Names of training pictures by digest, if known.
    """
    if not isinstance(model.open_set, Nearest):
        return []
    return [
        Neighbour(
            name=names.get(one.digest),
            label=model.classes[one.label],
            similarity=one.similarity,
            thumbnail=None,
        )
        for one in model.open_set.similar(features)
    ]


def cosine_similarity(rows: NDArray[np.float64], vector: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the cosine of the angle between each row and a vector; 0 for a row of zeros.

    Example:
        >>> cosine_similarity(np.array([[2.0, 0.0], [0.0, 1.0], [0.0, 0.0]]), np.array([1.0, 0.0])).tolist()
        [1.0, 0.0, 0.0]
    """
    lengths = np.linalg.norm(rows, axis=1) * np.linalg.norm(vector)
    cosines = np.divide(rows @ vector, lengths, out=np.zeros(len(rows)), where=lengths > 0)
    return np.clip(cosines, -1, 1)
