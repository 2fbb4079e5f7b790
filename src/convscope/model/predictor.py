"""Prediction with ONNX Runtime: prepared pictures in, logits or probabilities out. PyTorch is not needed."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import onnxruntime

from convscope.common.processors import processor_count
from convscope.common.telemetry import disable_telemetry
from convscope.errors import PictureError
from convscope.model.graph import build_graph

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import onnx
    from numpy.typing import NDArray

    from convscope.model.file import Model

disable_telemetry()  # once more, by ONNX Runtime's own function: not every build heeds the variable

_MAX_BATCH_VALUES = 2**21
"""In the largest step of a batch: 8 MiB of float32, which a step still finds in the cache."""
_MAX_BATCH_SIZE = 256


class Answer(NamedTuple):
    """What a model says about one picture.

    Attributes:
        probabilities: (classes,) float64, together 1.
        score: How well the picture fits to the known classes; None if the model rejects nothing.
        unknown: Whether that is too little.
    """

    probabilities: NDArray[np.float64]
    score: float | None
    unknown: bool


class Predictor:
    """A model ready to predict.

    However many pictures are given, memory holds a batch of them for each thread, besides the input and the
    result. One batch is shared by all threads; of several, each thread computes its own.

    Args:
        model: What `convscope.model.file.load` returns.
        threads: How many threads compute; None takes one for every processor this process may use.
    """

    def __init__(self, model: Model, threads: int | None = None) -> None:
        self._again = partial(Predictor, model, threads)
        self._threads = threads or processor_count()
        self._graph = partial(build_graph, model)
        self._session = open_session(self._graph(), self._threads)
        self._has_open_set = model.open_set is not None
        self.batch_size = pictures_at_once(model)
        size = model.preparation
        self._shape = (size.height, size.width, size.channels)

    def __reduce__(self) -> tuple[Callable[[], Predictor], tuple[()]]:
        """Travel to other processes as the model: ONNX Runtime's session cannot, and is built anew there."""
        return self._again, ()

    def logits(self, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Compute what the output neurons say.

        Args:
            pictures: uint8 (N, height, width, channels), prepared as the model wants it.

        Returns:
            float32 (N, classes).

        Raises:
            PictureError: The array is of another type or shape.
        """
        (logits,) = self._values(pictures, ["logits"])
        return logits

    def probabilities(self, pictures: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Compute softmax(logits / temperature); arguments and errors as for `logits`.

        Returns:
            float64 (N, classes); every row sums to 1.
        """
        (probabilities,) = self._values(pictures, ["probabilities"])
        return probabilities

    def answers(self, pictures: NDArray[np.uint8]) -> list[Answer]:
        """Say for each picture how probable each class is, and whether it is of none of them.

        Arguments and errors as for `logits`.
        """
        if not self._has_open_set:
            return [Answer(row, None, unknown=False) for row in self.probabilities(pictures)]
        shares, scores, unknown = self._values(pictures, ["probabilities", "score", "unknown"])
        told = zip(shares, scores.tolist(), unknown.tolist(), strict=True)
        return [Answer(row, score, unknown=is_unknown) for row, score, is_unknown in told]

    def _values(self, pictures: NDArray[np.uint8], names: Sequence[str]) -> list[NDArray[Any]]:
        if pictures.dtype != np.uint8 or pictures.shape[1:] != self._shape:
            raise PictureError(
                f"cannot predict from an array of {pictures.dtype} {pictures.shape}",
                why=f"the network reads prepared pictures, uint8 (N, {', '.join(map(str, self._shape))})",
            )
        count, most = len(pictures), self.batch_size
        if count <= most:
            return _run(self._session, names, pictures)
        parts = [pictures[start : start + most] for start in range(0, count, most)]
        if self._threads < 2:
            found = [_run(self._session, names, part) for part in parts]
        else:
            session = self._lone_session  # made here, once, and not by every thread
            with ThreadPoolExecutor(self._threads) as pool:
                found = list(pool.map(lambda part: _run(session, names, part), parts))
        return [np.concatenate(values) for values in zip(*found, strict=True)]

    @cached_property
    def _lone_session(self) -> onnxruntime.InferenceSession:
        """Computes a batch in the thread that asks for it; made when there are several for the first time."""
        return open_session(self._graph(), 1)


def open_session(graph: onnx.ModelProto, threads: int | None) -> onnxruntime.InferenceSession:
    """Make a graph ready to run on the processor; None takes a thread for every processor there is."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    # Left to itself, ONNX Runtime binds its threads to processors, and complains where it may not.
    options.intra_op_num_threads = threads or processor_count()
    return onnxruntime.InferenceSession(
        graph.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )


def _run(
    session: onnxruntime.InferenceSession, names: Sequence[str], pictures: NDArray[np.uint8]
) -> list[NDArray[Any]]:
    found = session.run(names, {"pictures": np.ascontiguousarray(pictures)})
    return [np.asarray(value) for value in found]


def pictures_at_once(model: Model) -> int:
    """How many pictures fit into a batch."""
    largest = max(math.prod(step.input_shape) + math.prod(step.shape) for step in model.chain.layers)
    return min(_MAX_BATCH_SIZE, max(1, _MAX_BATCH_VALUES // largest))
