"""The training pictures that the network finds most like a picture.

What reaches the output layer is compared by cosine distance, 1 - a·b / (‖a‖ ‖b‖): from 0, the same features
in the same proportions, to 1, none in common (after ReLU none is negative). It does not ask how strongly they
answer, which a picture's contrast changes and its class does not; the Euclidean distance would.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from convscope.model.features import compute_features
from convscope.walkthrough.document import Neighbour
from convscope.walkthrough.drawing import data_url

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from convscope.model.file import Model
    from convscope.model.selection import Selection

MOST_NEIGHBOURS = 8
_MAX_HELD_BYTES = 2**28


class Neighbourhood:
    """Pictures as a network finds them, to be searched for those nearest to one, and to the next.

    They pass through the network once, and what reaches the output layer is held: 26 MB for 50,000 pictures
    and 128 inputs. Where that is more than 256 MiB nothing is held, and they pass through it at every search.

    Args:
        model: The model.
        selection: The pictures, prepared for the model.
    """

    def __init__(self, model: Model, selection: Selection) -> None:
        self._model = model
        self._selection = selection
        held_bytes = 4 * len(selection.indices) * model.chain.features.shape[0]
        self._held = [*self._described()] if held_bytes <= _MAX_HELD_BYTES else None

    def nearest(self, features: NDArray[np.float64]) -> list[Neighbour]:
        """Find the nearest pictures, the nearest first.

        Args:
            features: (inputs,) what reaches the output layer for a picture.
        """
        store, indices = self._selection.store, self._selection.indices
        distances = np.empty(len(indices))
        for places, found in self._held or self._described():
            distances[places] = cosine_distance(found.astype(np.float64), features)
        nearest = np.argsort(distances, kind="stable")[:MOST_NEIGHBOURS]
        return [
            Neighbour(
                name=store.names[int(index)],
                label=store.classes[store.labels[index]],
                distance=float(distances[place]),
                thumbnail=data_url(store.pictures[index]),
            )
            for place, index in zip(nearest.tolist(), indices[nearest].tolist(), strict=True)
        ]

    def _described(self) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]:
        return compute_features(self._model, self._selection.store.pictures, self._selection.indices)


def cosine_distance(rows: NDArray[np.float64], vector: NDArray[np.float64]) -> NDArray[np.float64]:
    """Measure 1 - cosine of the angle between each row and a vector; a row of zeros is 1 away.

    Example:
        >>> cosine_distance(np.array([[2.0, 0.0], [0.0, 1.0], [0.0, 0.0]]), np.array([1.0, 0.0])).tolist()
        [0.0, 1.0, 1.0]
    """
    lengths = np.linalg.norm(rows, axis=1) * np.linalg.norm(vector)
    cosines = np.divide(rows @ vector, lengths, out=np.zeros(len(rows)), where=lengths > 0)
    return 1 - np.clip(cosines, -1, 1)
