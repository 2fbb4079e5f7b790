"""The processes of one training: distributed data-parallel training, on one machine or many.

torchrun starts them. Each makes its share of every batch, and everything that belongs to the whole batch is
summed over all: mean and variance of every channel (synchronised batch normalisation), the gradients, and the
figures that are shown. So all take the same step from the same weights, and the result does not depend on the
number of processes, but for the order in which numbers are added. A group of one does nothing of this, costs
nothing and does not import PyTorch.
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
    """The processes of one training, seen from one of them; all have to call each method but `share`.

    Attributes:
        rank: Of this process.
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
        """Whether every process has a GPU of its own, and the GPUs can exchange messages."""
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
            tensors: Of one type, and on one device.
        """
        if not self.rank.is_alone:
            _messages().add_up_tensors(tensors, self.gpu_group)

    def broadcast(self, tensors: Iterable[Tensor]) -> None:
        """Replace each tensor by that of the first process."""
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
        """Wait for all processes, however long some of them decode pictures."""
        if not self.rank.is_alone:
            _messages().barrier()

    def check_same(self, what: str, value: str) -> None:
        """Raise if a value differs between processes.

        Raises:
            RunError: It differs from that of the first process.
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
    """Connect to the processes that torchrun started together with this one, until the context is left.

    Raises:
        RunError: They cannot be reached.
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
