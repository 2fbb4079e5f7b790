"""What reaches the output layer: the network's last description of a picture, by which it decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from convscope.model.intermediate import Intermediate
from convscope.network.notation import FullConnection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from convscope.model.file import Model
    from convscope.network.shapes import Stage

_PICTURES_AT_ONCE = 256


def last_hidden_step(chain: tuple[Stage, ...]) -> str:
    """Name the step whose output the output layer listens to.

    Args:
        chain: What `Model.stages` returns.
    """
    if len(chain) > 1 and isinstance(chain[-2].layer, FullConnection):
        return f"{chain[-2].name}.relu"
    return "flattening"


def last_hidden(
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
    name = last_hidden_step(model.stages())
    engine = Intermediate(model, [name])
    for start in range(0, len(indices), _PICTURES_AT_ONCE):
        places = np.arange(start, min(start + _PICTURES_AT_ONCE, len(indices)))
        yield places, engine.values(pictures[indices[places]])[name]
