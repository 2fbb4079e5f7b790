"""ONNX Runtime sessions that are reopened in a forked process."""

from __future__ import annotations

import ctypes
import os
import sys
from functools import partial
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

import onnxruntime

from convscope.common.processors import processor_count
from convscope.common.telemetry import disable_telemetry

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import onnx
    from numpy.typing import NDArray

disable_telemetry()  # again, with ONNX Runtime's own function: not every build respects the variable

_sessions: WeakSet[Session] = WeakSet()


class Session:
    """A graph, ready to run on the CPU.

    A forked process has none of ONNX Runtime's threads, and a session waits for them even when it is deleted.
    So the fork opens a new session and never deletes the inherited one.

    Args:
        build: Returns the graph to compute.
        threads: Number of threads; None means one for each processor.
    """

    def __init__(self, build: Callable[[], onnx.ModelProto], threads: int | None) -> None:
        self._open = partial(_open, build, threads or processor_count())
        self._session: onnxruntime.InferenceSession | None = self._open()
        _sessions.add(self)

    def run(self, names: Sequence[str], inputs: dict[str, NDArray[Any]]) -> list[Any]:
        """Compute outputs by name."""
        session = self._session or self._open()
        self._session = session
        return list(session.run(names, inputs))

    def leave_behind(self) -> None:
        """Abandon the session without deleting it."""
        if self._session is not None:
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(self._session))
            self._session = None


def _open(build: Callable[[], onnx.ModelProto], threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    # Without a number, ONNX Runtime pins its threads to processors, and warns if it may not.
    options.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(
        build().SerializeToString(), options, providers=["CPUExecutionProvider"]
    )


def _leave_behind() -> None:
    for session in list(_sessions):
        session.leave_behind()


if sys.platform != "win32":  # Windows has no fork
    os.register_at_fork(after_in_child=_leave_behind)
