"""The training pictures that the network finds most like a picture.

What reaches the output layer is compared by cosine distance, 1 - a·b / (‖a‖ ‖b‖): from 0, the same features
in the same proportions, to 1, none in common (after ReLU none is negative). It does not ask how strongly they
answer, which a picture's contrast changes and its class does not; the Euclidean distance would.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from convscope.model.last_hidden import last_hidden
from convscope.walkthrough.document import Neighbour
from convscope.walkthrough.drawing import data_url

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from convscope.model.file import Model
    from convscope.model.selection import Selection

MOST_NEIGHBOURS = 8


def neighbours(model: Model, selection: Selection, features: NDArray[np.float64]) -> list[Neighbour]:
    """Find the nearest pictures, the nearest first.

    Args:
        model: The model.
        selection: The pictures to search, prepared for the model.
        features: (inputs,) what reaches the output layer for the picture.
    """
    distances = np.empty(len(selection.indices))
    for places, found in last_hidden(model, selection.store.pictures, selection.indices):
        distances[places] = cosine_distance(found.astype(np.float64), features)
    nearest = np.argsort(distances, kind="stable")[:MOST_NEIGHBOURS]
    store = selection.store
    return [
        Neighbour(
            name=store.names[int(index)],
            label=store.classes[store.labels[index]],
            distance=float(distances[place]),
            thumbnail=data_url(store.pictures[index]),
        )
        for place, index in zip(nearest.tolist(), selection.indices[nearest].tolist(), strict=True)
    ]


def cosine_distance(rows: NDArray[np.float64], vector: NDArray[np.float64]) -> NDArray[np.float64]:
    """Measure 1 - cosine of the angle between each row and a vector; a row of zeros is 1 away.

    Example:
        >>> cosine_distance(np.array([[2.0, 0.0], [0.0, 1.0], [0.0, 0.0]]), np.array([1.0, 0.0])).tolist()
        [0.0, 1.0, 1.0]
    """
    lengths = np.linalg.norm(rows, axis=1) * np.linalg.norm(vector)
    cosines = np.divide(rows @ vector, lengths, out=np.zeros(len(rows)), where=lengths > 0)
    return 1 - np.clip(cosines, -1, 1)
