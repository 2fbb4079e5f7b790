"""The processes of one training: distributed data-parallel training, on one machine or many.

torchrun starts the processes. Each computes its share of every batch, and all quantities of the whole batch
are summed over the processes: mean and variance of every channel (synchronised batch normalisation), the
gradients, and the reported metrics. So all processes take the same step from the same weights, and the result
only depends on their number through the order of summation. A group of one process skips all this, has no
overhead and does not import PyTorch.
"""

from __future__ import annotations

import socket
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from convscope.common.ranks import ALONE, Rank, rank
from convscope.errors import RunError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Sequence
    from types import ModuleType

    from numpy.typing import NDArray
    from torch import Tensor

    from convscope.training.distributed import ProcessGroup


@dataclass(frozen=True, slots=True)
class Group:
    """The processes of one training, from the view of one of them; all must call every method but `share`.

    Attributes:
        rank: Rank of this process.
        gpu_group: PyTorch's process group for tensors on GPUs; None: the default one.
    """

    rank: Rank = ALONE
    gpu_group: ProcessGroup | None = None

    @property
    def is_first(self) -> bool:
        """Whether this is the process that emits events, writes and evaluates."""
        return self.rank.number == 0

    def share(self, positions: slice) -> slice:
        """Return this process's share of some positions."""
        return self.rank.share(positions.stop - positions.start, positions.start)

    def each_has_gpu(self) -> bool:
        """Whether every process has its own GPU, and the GPUs can exchange messages."""
        import torch  # noqa: PLC0415 - takes seconds; only trainings from scratch ask

        has_one = self.rank.local_number < torch.cuda.device_count()
        mine = has_one and (self.rank.is_alone or _messages().can_connect_gpus())
        return not self.any(not mine)

    def on_gpus(self) -> Group:
        """Return the same processes, with messages between their GPUs; each has set its current GPU.

        Raises:
            RunError: Another process has ended.
        """
        return self if self.rank.is_alone else replace(self, gpu_group=_messages().connect_gpus())

    def add_up(self, numbers: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the elementwise sum over all processes (all-reduce); all get the same result, to the bit."""
        return numbers if self.rank.is_alone else _messages().add_up(numbers)

    def add_up_tensors(self, tensors: Sequence[Tensor]) -> None:
        """Replace each tensor by its sum over all processes (all-reduce), in one message.

        Args:
            tensors: Tensors of the same type, on the same device.
        """
        if not self.rank.is_alone:
            _messages().add_up_tensors(tensors, self.gpu_group)

    def broadcast(self, tensors: Iterable[Tensor]) -> None:
        """Replace each tensor by the first process's tensor."""
        if not self.rank.is_alone:
            _messages().broadcast(tensors, self.gpu_group)

    def broadcast_text(self, text: str) -> str:
        """Return the text of the first process."""
        return self.broadcast_bytes(text.encode()).decode()

    def broadcast_bytes(self, data: bytes) -> bytes:
        """Return the bytes of the first process."""
        return data if self.rank.is_alone else _messages().broadcast_bytes(data, is_first=self.is_first)

    def any(self, wanted: bool) -> bool:  # noqa: FBT001  # the predicate itself
        """Whether any process requests it."""
        return bool(self.add_up(np.array([wanted], np.float64))[0])

    def barrier(self) -> None:
        """Wait for all processes, however long they decode pictures."""
        if not self.rank.is_alone:
            _messages().barrier()

    def check_same(self, what: str, value: str) -> None:
        """Raise if a value differs between processes.

        Raises:
            RunError: It differs from the first process's value.
        """
        if self.broadcast_text(value) != value:
            here = f"process {self.rank.number} of {self.rank.size}, on {socket.gethostname()},"
            raise RunError(
                f"{here} has other {what} than the first",
                why="all have to train the same network on the same pictures",
                remedy="give all machines the same files and the same convscope",
            )


@contextmanager
def process_group() -> Generator[Group]:
    """Connect to the processes that torchrun started together with this one, until the context exits.

    Raises:
        RunError: The processes cannot be reached.
    """
    here = rank()
    if here.is_alone:
        yield Group(here)
        return
    with _messages().connected(here):
        yield Group(here)


def _messages() -> ModuleType:
    """Return the module that sends messages, which imports PyTorch."""
    from convscope.training import distributed  # noqa: PLC0415

    return distributed
