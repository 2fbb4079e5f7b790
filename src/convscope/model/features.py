"""The features of pictures: what the output layer reads, the activations of the penultimate layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from convscope.model.intermediate import Intermediate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from convscope.model.file import Model

_BATCH_SIZE = 256


def compute_features(
    model: Model, pictures: NDArray[np.uint8], indices: NDArray[np.int64]
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]:
    """Compute the features of some prepared pictures, one batch in memory at a time.

    Args:
        model: The model.
        pictures: uint8 (N, height, width, channels), prepared; may be memory-mapped.
        indices: (n,) of the pictures to take.

    Yields:
        Positions in `indices`, (batch,), and the features, (batch, features).
    """
    name = model.chain.features.name
    runtime = Intermediate(model, [name])
    for start in range(0, len(indices), _BATCH_SIZE):
        positions = np.arange(start, min(start + _BATCH_SIZE, len(indices)))
        yield positions, runtime.values(pictures[indices[positions]])[name]
