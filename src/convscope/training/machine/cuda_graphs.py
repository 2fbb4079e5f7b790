"""CUDA graphs: training steps that are recorded once and then launched as a whole.

A step of a small network consists of some hundred kernels of a few microseconds each, and launching a kernel
from Python takes as long as running it. A CUDA graph launches all of them at once. It always reads and writes
the same addresses, so inputs are copied to the buffers of the recording.

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

    Step = Callable[..., Tensor]
    Runner = Callable[[Hashable, Step, Sequence[Tensor]], Tensor]

_WARM_UPS = 2
"""Eager runs before the recording, in which libraries allocate their workspaces."""


@dataclass(frozen=True, slots=True)
class _Recording:
    graph: torch.cuda.CUDAGraph
    inputs: tuple[Tensor, ...]
    result: Tensor


class CudaGraphRunner:
    """Runs steps on a GPU: first eagerly, then from a CUDA graph.

    Args:
        device: The GPU.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._runs: Counter[Hashable] = Counter()
        self._recordings: dict[Hashable, _Recording] = {}

    def __call__(self, kind: Hashable, step: Step, inputs: Sequence[Tensor]) -> Tensor:
        """Run a step.

        Args:
            kind: A key, equal for steps with the same kernels and input shapes.
            step: Takes the inputs on the GPU and returns a tensor there. It must not copy from the GPU to the
                host.
            inputs: Inputs on the host.

        Returns:
            The result of the step; the next run overwrites it.
        """
        if kind not in self._recordings:
            self._runs[kind] += 1
            if self._runs[kind] <= _WARM_UPS:
                return self._warm_up(kind, step, inputs)
            self._recordings[kind] = self._record(step, inputs)
        recording = self._recordings[kind]
        for kept, given in zip(recording.inputs, inputs, strict=True):
            kept.copy_(given, non_blocking=True)
        recording.graph.replay()
        return recording.result

    def _warm_up(self, kind: Hashable, step: Step, inputs: Sequence[Tensor]) -> Tensor:
        """Run it in a side stream, like recording, to keep persistent memory out of the main stream."""
        main, side = torch.cuda.current_stream(self._device), torch.cuda.Stream(self._device)
        side.wait_stream(main)
        with torch.cuda.stream(side):
            result = run_eagerly(self._device, kind, step, inputs)
        main.wait_stream(side)
        return result

    def _record(self, step: Step, inputs: Sequence[Tensor]) -> _Recording:
        kept = tuple(tensor.to(self._device) for tensor in inputs)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            result = step(*kept)
        return _Recording(graph, kept, result)


def run_eagerly(device: torch.device, kind: Hashable, step: Step, inputs: Sequence[Tensor]) -> Tensor:  # noqa: ARG001
    """Run a step on a device, kernel by kernel; otherwise like `CudaGraphRunner`."""
    return step(*(tensor.to(device, non_blocking=True) for tensor in inputs))
