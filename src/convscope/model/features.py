"""The features of pictures: the input of the output layer (penultimate activations)."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import onnxruntime

from convscope.common.processors import processor_count
from convscope.model.graph import build_step_graph
from convscope.model.predictor import batch_size_of
from convscope.model.session import Session

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from convscope.model.file import Model
    from convscope.model.graph import Pixels, Weights
    from convscope.network.chain import Chain

RUNTIME = f"onnxruntime {onnxruntime.__version__}"
"""The runtime that computes features; other versions may round differently."""
_SMALLEST_BATCH = 4
"""Pictures per batch; with large networks and pictures, a single one takes 10 % longer per picture."""


class FeatureExtractor:
    """A network ready to compute features, in batches that are distributed over the processors.

    Args:
        chain: The network.
        mean: One number per channel, on the scale of 0 to 255; the network sees (pixel - mean) / std.
        std: One number per channel, on the same scale.
        weights: Weights by name; those of the output layer are not needed.
        threads: Number of threads; None means one for each processor that this process may use.
    """

    def __init__(
        self, chain: Chain, mean: Pixels, std: Pixels, weights: Weights, threads: int | None = None
    ) -> None:
        self._steps = StepExtractor(chain, [chain.features.name], mean, std, weights, threads)

    def compute(
        self, pictures: NDArray[np.uint8], indices: NDArray[np.int64]
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]:
        """Compute the features of some prepared pictures, a few batches ahead of the caller.

        Args:
            pictures: uint8 (N, height, width, channels), prepared; may be memory-mapped.
            indices: (n,) indices of the pictures.

        Yields:
            Positions in `indices`, (batch,), in order, and the features, (batch, features).
        """
        for positions, (features,) in self._steps.compute(pictures, indices):
            yield positions, features


class StepExtractor:
    """A network ready to compute the outputs of some steps, in batches.

    Every thread computes its own batches: for networks of many small steps, this takes half the time of
    sharing each step among all threads.

    Args:
        chain: The network.
        names: Names of the steps.
        mean: See `FeatureExtractor`.
        std: See `FeatureExtractor`.
        weights: Weights by name; those of later steps are not needed.
        threads: See `FeatureExtractor`.
    """

    def __init__(
        self,
        chain: Chain,
        names: Sequence[str],
        mean: Pixels,
        std: Pixels,
        weights: Weights,
        threads: int | None = None,
    ) -> None:
        graph = build_step_graph(chain, names, mean, std, weights)
        self._session = Session(lambda: graph, 1)
        self._names = [*names]
        self._threads = threads or processor_count()
        self._batch_size = max(_SMALLEST_BATCH, batch_size_of(chain))

    def compute(
        self, pictures: NDArray[np.uint8], indices: NDArray[np.int64]
    ) -> Iterator[tuple[NDArray[np.int64], list[NDArray[np.float32]]]]:
        """Compute the outputs for some prepared pictures, a few batches ahead of the caller.

        Yields:
            Positions in `indices`, (batch,), in order, and for each step (batch, *shape).
        """
        size = max(1, min(self._batch_size, -(-len(indices) // self._threads)))
        pool = ThreadPoolExecutor(self._threads)
        ahead: deque[tuple[NDArray[np.int64], Future[list[NDArray[np.float32]]]]] = deque()
        try:
            for start in range(0, len(indices), size):
                positions = np.arange(start, min(start + size, len(indices)))
                ahead.append((positions, pool.submit(self._batch, pictures, indices[positions])))
                if len(ahead) > 2 * self._threads:
                    positions, batch = ahead.popleft()
                    yield positions, batch.result()
            for positions, batch in ahead:
                yield positions, batch.result()
        finally:
            pool.shutdown(cancel_futures=True)

    def _batch(self, pictures: NDArray[np.uint8], indices: NDArray[np.int64]) -> list[NDArray[np.float32]]:
        found = self._session.run(self._names, {"pictures": pictures[indices]})
        return [np.asarray(values) for values in found]


def compute_features(
    model: Model, pictures: NDArray[np.uint8], indices: NDArray[np.int64]
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]:
    """Compute a model's features; same arguments and yields as `FeatureExtractor.compute`."""
    yield from FeatureExtractor(model.chain, model.mean, model.std, model.weights).compute(pictures, indices)
