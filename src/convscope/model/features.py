"""What a picture is to the network before it answers: the values that reach the output layer."""

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
    """Let the engine describe some prepared pictures of a store, a batch in memory at a time.

    Args:
        model: The model.
        pictures: uint8 (N, height, width, channels), prepared; may be mapped from the disk.
        indices: (n,) which of them.

    Yields:
        Places in `indices`, and what reaches the output layer, (batch, inputs).
    """
    name = model.chain.features.name
    engine = Intermediate(model, [name])
    for start in range(0, len(indices), _BATCH_SIZE):
        places = np.arange(start, min(start + _BATCH_SIZE, len(indices)))
        yield places, engine.values(pictures[indices[places]])[name]
