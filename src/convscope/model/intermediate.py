"""What the engine computes on its way: the value of any step of the graph, for prepared pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from onnx import ValueInfoProto

from convscope.model.graph import build_graph, value_name
from convscope.model.predictor import open_session, pictures_at_once

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from convscope.model.file import Model


class Intermediate:
    """The graph that predicts, run so that it gives out what its steps compute.

    Args:
        model: What `convscope.model.file.load` returns.
        names: Of the steps: `image` (normalised), `convolution_1`, `convolution_1.relu`, ..., `flattening`;
            the output layer under its own name.
        threads: As for `Predictor`.

    Raises:
        KeyError: There is no such step.
    """

    def __init__(self, model: Model, names: Sequence[str], threads: int | None = None) -> None:
        graph = build_graph(model)
        self._values = {name: value_name(model.chain[name], model.chain) for name in names}
        for value in {*self._values.values()} - {"logits"}:
            graph.graph.output.append(ValueInfoProto(name=value))
        self._session = open_session(graph, threads)
        self._batch_size = pictures_at_once(model)

    def values(self, pictures: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
        """Compute the named values.

        Args:
            pictures: uint8 (N, height, width, channels), prepared as the model wants them, at least one. A
                batch of them is in memory at a time.

        Returns:
            By name, float32 (N, ...).
        """
        parts: list[list[NDArray[np.float32]]] = []
        for start in range(0, len(pictures), self._batch_size):
            part = np.ascontiguousarray(pictures[start : start + self._batch_size])
            found = self._session.run([*self._values.values()], {"pictures": part})
            parts.append([np.asarray(value) for value in found])
        return dict(zip(self._values, map(np.concatenate, zip(*parts, strict=True)), strict=True))
