"""Work on a GPU that is recorded once and from then on launched as a whole.

A step of a small network is some hundred kernels of a few microseconds each, and to launch one from Python
takes as long as it runs. A recording (a CUDA graph) launches them all at once; what it reads and writes lies
at the same addresses every time, so what is sent is copied to where it was sent the first time.

Source: https://docs.pytorch.org/docs/stable/notes/cuda.html#cuda-graphs
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from torch import Tensor

    Work = Callable[..., Tensor]
    Launch = Callable[[Hashable, Work, Sequence[Tensor]], Tensor]

_WARM_UPS = 2
"""So often work is done kernel by kernel first: libraries then make what they keep for themselves."""


@dataclass(frozen=True, slots=True)
class _Recording:
    graph: torch.cuda.CUDAGraph
    sent: tuple[Tensor, ...]
    result: Tensor


class CudaGraphRunner:
    """Does work on a GPU: the first times kernel by kernel, later from its recording.

    Args:
        place: The GPU.
    """

    def __init__(self, place: torch.device) -> None:
        self._place = place
        self._times: Counter[Hashable] = Counter()
        self._recordings: dict[Hashable, _Recording] = {}

    def __call__(self, kind: Hashable, work: Work, sent: Sequence[Tensor]) -> Tensor:
        """Do the work.

        Args:
            kind: Names work that is the same, kernel for kernel, but for the numbers that are sent.
            work: Takes what was sent, on the GPU, and returns a tensor there. It must not ask the GPU for
                a number.
            sent: Tensors of the same shapes for all work of a kind.

        Returns:
            What the work returns; it is overwritten the next time.
        """
        if kind not in self._recordings:
            self._times[kind] += 1
            if self._times[kind] <= _WARM_UPS:
                return self._warm_up(kind, work, sent)
            self._recordings[kind] = self._record(work, sent)
        recording = self._recordings[kind]
        for kept, one in zip(recording.sent, sent, strict=True):
            kept.copy_(one, non_blocking=True)
        recording.graph.replay()
        return recording.result

    def _warm_up(self, kind: Hashable, work: Work, sent: Sequence[Tensor]) -> Tensor:
        """Do it beside the usual stream, as recording does, so that nothing that is kept belongs to that."""
        usual, beside = torch.cuda.current_stream(self._place), torch.cuda.Stream(self._place)
        beside.wait_stream(usual)
        with torch.cuda.stream(beside):
            result = run_eagerly(self._place, kind, work, sent)
        usual.wait_stream(beside)
        return result

    def _record(self, work: Work, sent: Sequence[Tensor]) -> _Recording:
        kept = tuple(one.to(self._place) for one in sent)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            result = work(*kept)
        return _Recording(graph, kept, result)


def run_eagerly(place: torch.device, kind: Hashable, work: Work, sent: Sequence[Tensor]) -> Tensor:  # noqa: ARG001
    """Do work at a place kernel by kernel, and otherwise as `CudaGraphRunner` does."""
    return work(*(one.to(place, non_blocking=True) for one in sent))
