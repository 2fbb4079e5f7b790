"""Intermediate values: the output of any step, as ONNX Runtime computes it for prepared pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from onnx import ValueInfoProto

from convscope.model.graph import build_graph, value_name
from convscope.model.predictor import batch_size_of
from convscope.model.session import Session

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from convscope.model.file import Model


class Intermediate:
    """The predictor's graph with the outputs of named steps.

    Args:
        model: The result of `convscope.model.file.load`.
        names: Names of the steps: `image` (normalised), `convolution_1`, `convolution_1.relu`, ...
        threads: See `Predictor`.

    Raises:
        KeyError: There is no such step.
    """

    def __init__(self, model: Model, names: Sequence[str], threads: int | None = None) -> None:
        graph = build_graph(model)
        self._values = {name: value_name(model.chain[name], model.chain) for name in names}
        for value in {*self._values.values()} - {"logits"}:
            graph.graph.output.append(ValueInfoProto(name=value))
        self._session = Session(lambda: graph, threads)
        self._batch_size = batch_size_of(model.chain)

    def values(self, pictures: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
        """Compute the outputs of the named steps.

        Args:
            pictures: uint8 (N, height, width, channels), prepared for the model; at least one. They are
                processed in batches.

        Returns:
            float32 (N, ...) by name.
        """
        batches: list[list[NDArray[np.float32]]] = []
        for start in range(0, len(pictures), self._batch_size):
            batch = np.ascontiguousarray(pictures[start : start + self._batch_size])
            outputs = self._session.run([*self._values.values()], {"pictures": batch})
            batches.append([np.asarray(output) for output in outputs])
        return dict(zip(self._values, map(np.concatenate, zip(*batches, strict=True)), strict=True))
