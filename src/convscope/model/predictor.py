"""Prediction with ONNX Runtime: prepared pictures in, logits or probabilities out."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from convscope.common.processors import processor_count
from convscope.errors import PictureError
from convscope.model.graph import build_graph
from convscope.model.nearest import Nearest
from convscope.model.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from convscope.model.file import Model
    from convscope.model.nearest import Similar
    from convscope.network.chain import Chain

_MAX_BATCH_VALUES = 2**21
"""Values in the output of the largest step for a batch: 8 MiB of float32, which fit into the cache."""
_MAX_BATCH_SIZE = 256


class Answer(NamedTuple):
    """A model's prediction for one picture.

    Attributes:
        probabilities: (classes,) float64, with sum 1, or independent with several labels.
        score: How well the picture fits the known classes; None if the model has no open-set rule.
        unknown: Whether the score is below the rule's threshold.
        similar: The most similar training pictures, if the rule is `Nearest`.
        note: A remark on the picture: how it was read, or that it may be inverted.
    """

    probabilities: NDArray[np.float64]
    score: float | None
    unknown: bool
    similar: tuple[Similar, ...] = ()
    note: str = ""

    def with_note(self, note: str) -> Answer:
        """Return the answer with another note, before the existing one."""
        return self._replace(note="; ".join(filter(None, (note, self.note))))


class Predictor:
    """A model ready to predict.

    Pictures are processed in batches, so memory does not grow with their number. A single batch is shared by
    all threads; with several batches, each thread computes its own.

    Args:
        model: The result of `convscope.model.file.load`.
        threads: Number of threads; None means one for each processor that this process may use.
    """

    def __init__(self, model: Model, threads: int | None = None) -> None:
        self._rebuild = partial(Predictor, model, threads)
        self._threads = threads or processor_count()
        self._graph = partial(build_graph, model)
        self._rule = model.open_set
        self.batch_size = batch_size_of(model.chain)
        size = model.preparation
        self._shape = (size.height, size.width, size.channels)

    def __reduce__(self) -> tuple[Callable[[], Predictor], tuple[()]]:
        """Pickle the model instead of ONNX Runtime's session, which is recreated in the other process."""
        return self._rebuild, ()

    def logits(self, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Compute the logits.

        Args:
            pictures: uint8 (N, height, width, channels), prepared for the model.

        Returns:
            float32 (N, classes).

        Raises:
            PictureError: The array has the wrong type or shape.
        """
        (logits,) = self._values(pictures, ["logits"])
        return logits

    def probabilities(self, pictures: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Compute softmax or sigmoid of logits / temperature; same arguments and errors as `logits`.

        Returns:
            float64 (N, classes); every row sums to 1, unless pictures may have several labels.
        """
        (probabilities,) = self._values(pictures, ["probabilities"])
        return probabilities

    def answers(self, pictures: NDArray[np.uint8]) -> list[Answer]:
        """Compute each picture's probabilities, and whether it belongs to an unknown class.

        Same arguments and errors as `logits`.
        """
        rule = self._rule
        if rule is None:
            return [Answer(row, None, unknown=False) for row in self.probabilities(pictures)]
        names = ["probabilities", "score", "unknown"]
        if not isinstance(rule, Nearest):
            return [
                Answer(row, score.item(), unknown=bool(is_unknown))
                for row, score, is_unknown in zip(*self._values(pictures, names), strict=True)
            ]
        values = self._values(pictures, [*names, "nearest", "similarity"])
        return [
            Answer(row, score.item(), bool(is_unknown), tuple(rule.named(nearest.tolist(), cosines.tolist())))
            for row, score, is_unknown, nearest, cosines in zip(*values, strict=True)
        ]

    def _values(self, pictures: NDArray[np.uint8], names: Sequence[str]) -> list[NDArray[Any]]:
        if pictures.dtype != np.uint8 or pictures.shape[1:] != self._shape:
            raise PictureError(
                f"cannot predict from an array of {pictures.dtype} {pictures.shape}",
                why=f"the network reads prepared pictures, uint8 (N, {', '.join(map(str, self._shape))})",
            )
        count, size = len(pictures), self.batch_size
        if count <= size:
            return _run(self._session, names, pictures)
        batches = [pictures[start : start + size] for start in range(0, count, size)]
        if self._threads < 2:
            outputs = [_run(self._session, names, batch) for batch in batches]
        else:
            session = self._single_thread_session  # opened once, here, not by every thread
            with ThreadPoolExecutor(self._threads) as pool:
                outputs = list(pool.map(lambda batch: _run(session, names, batch), batches))
        return [np.concatenate(values) for values in zip(*outputs, strict=True)]

    @cached_property
    def _session(self) -> Session:
        """The session whose threads share a batch; opened when first needed."""
        return Session(self._graph, self._threads)

    @cached_property
    def _single_thread_session(self) -> Session:
        """The session that computes a batch in the calling thread; opened when first needed."""
        return Session(self._graph, 1)


def _run(session: Session, names: Sequence[str], pictures: NDArray[np.uint8]) -> list[NDArray[Any]]:
    outputs = session.run(names, {"pictures": np.ascontiguousarray(pictures)})
    return [np.asarray(output) for output in outputs]


def batch_size_of(chain: Chain) -> int:
    """Return the number of pictures per batch, so that the largest step fits into the cache."""
    largest = max(math.prod(step.input_shape) + math.prod(step.shape) for step in chain.layers)
    return min(_MAX_BATCH_SIZE, max(1, _MAX_BATCH_VALUES // largest))
