"""Distributed data-parallel training: several processes, on one machine or many, train one network.

torchrun starts them. Each makes its share of every batch, and everything that belongs to the whole batch is
summed over all: mean and variance of every channel (synchronised batch normalisation), the gradients, and the
figures that are shown. So all take the same step from the same weights, and the result does not depend on the
number of processes, but for the order in which numbers are added. A group of one does nothing of this and
costs nothing.

Messages use gloo; those between GPUs use nccl. This is the only file that knows `torch.distributed`.
"""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import torch
import torch.distributed as dist
from torch.distributed import (  # documented as public
    PrefixStore,  # pyright: ignore[reportPrivateImportUsage]
    Store,  # pyright: ignore[reportPrivateImportUsage]
    TCPStore,  # pyright: ignore[reportPrivateImportUsage]
    rendezvous,  # pyright: ignore[reportPrivateImportUsage]
)

from convscope.common.ranks import ALONE, Rank, rank
from convscope.errors import RunError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Sequence

    from numpy.typing import NDArray
    from torch import Tensor

_Result = TypeVar("_Result")

_TIMEOUT = timedelta(minutes=5)
"""Longer than a step, a checkpoint or a validation. A process that dies closes its connections and is
noticed at once; a machine without power or network is not."""

_PREPARATION_TIMEOUT = timedelta(days=1)
"""Decoding takes as long as it takes."""

_POLL_SECONDS = 0.02
_STANDARD_ERROR = 2


@dataclass(frozen=True, slots=True)
class Group:
    """The processes of one training, seen from one of them; all have to call each method but `share`.

    Attributes:
        rank: Of this process.
        gpu_group: PyTorch's process group for tensors on GPUs; None: the default one.
    """

    rank: Rank = ALONE
    gpu_group: dist.ProcessGroup | None = None

    @property
    def is_first(self) -> bool:
        """Whether this is the process that emits events, writes and evaluates."""
        return self.rank.number == 0

    def share(self, positions: slice) -> slice:
        """Return this process's share of some positions."""
        return self.rank.share(positions.stop - positions.start, positions.start)

    def each_has_gpu(self) -> bool:
        """Whether every process has a GPU of its own, and the GPUs can exchange messages."""
        number = self.rank.local_number
        mine = number < torch.cuda.device_count() and (self.rank.is_alone or dist.is_nccl_available())
        return not self.any(not mine)

    def on_gpus(self) -> Group:
        """Return the same processes, with messages between their GPUs; each has set its current GPU.

        Raises:
            RunError: Another process has ended.
        """
        if self.rank.is_alone:
            return self
        gpu_group = _collectively(lambda: dist.new_group(backend="nccl", timeout=_TIMEOUT))
        return replace(self, gpu_group=gpu_group)

    def add_up(self, numbers: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the elementwise sum over all processes (all-reduce); all get the same result, to the bit."""
        if not self.rank.is_alone:
            numbers = numbers.copy()
            _collectively(lambda: dist.all_reduce(torch.from_numpy(numbers)))
        return numbers

    def add_up_tensors(self, tensors: Sequence[Tensor]) -> None:
        """Replace each tensor by its sum over all processes (all-reduce), in one message.

        Args:
            tensors: Of one type, and on one device.
        """
        if not self.rank.is_alone:
            message = torch.cat([tensor.flatten() for tensor in tensors])
            _collectively(lambda: dist.all_reduce(message, group=self._group_of(message)))
            for tensor, part in zip(tensors, message.split([one.numel() for one in tensors]), strict=True):
                tensor.copy_(part.view_as(tensor))

    def broadcast(self, tensors: Iterable[Tensor]) -> None:
        """Replace each tensor by that of the first process."""
        if not self.rank.is_alone:
            for tensor in tensors:
                message = tensor.contiguous()
                _collectively(partial(dist.broadcast, message, src=0, group=self._group_of(message)))
                tensor.copy_(message)

    def broadcast_text(self, text: str) -> str:
        """Return the text of the first process."""
        return self.broadcast_bytes(text.encode()).decode()

    def broadcast_bytes(self, data: bytes) -> bytes:
        """Return the bytes of the first process."""
        if self.rank.is_alone:
            return data
        count = torch.tensor([len(data)])
        self.broadcast([count])
        message = torch.zeros(int(count), dtype=torch.uint8)
        if self.is_first:
            message.copy_(torch.from_numpy(np.frombuffer(data, np.uint8).copy()))
        self.broadcast([message])
        return message.numpy().tobytes()

    def any(self, wanted: bool) -> bool:  # noqa: FBT001  # the predicate itself
        """Whether it is wanted in any process."""
        return bool(self.add_up(np.array([wanted], np.float64))[0])

    def barrier(self) -> None:
        """Wait for all processes, however long some of them decode pictures."""
        if not self.rank.is_alone:
            _collectively(lambda: dist.monitored_barrier(timeout=_PREPARATION_TIMEOUT))

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

    def _group_of(self, message: Tensor) -> dist.ProcessGroup | None:
        return self.gpu_group if message.is_cuda else None


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
    if "MASTER_ADDR" not in os.environ or "MASTER_PORT" not in os.environ:
        raise RunError(
            "cannot connect to the other processes",
            why="RANK and WORLD_SIZE are set, but neither MASTER_ADDR nor MASTER_PORT",
            remedy="start all processes with torchrun, or unset RANK and WORLD_SIZE",
        )
    _collectively(lambda: _connect(here))
    try:
        yield Group(here)
    finally:
        dist.destroy_process_group()


def run_together(command: Sequence[str], size: int, threads: int) -> None:
    """Run a program in several processes of this machine that train together.

    Their output goes to standard error.

    Args:
        command: The program and its arguments.
        size: How many processes.
        threads: Computing threads of each, unless the program sets them.

    Raises:
        RunError: One of them failed; its message is on standard error.
    """
    store = TCPStore("127.0.0.1", 0, is_master=True, wait_for_workers=False)
    address = {
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(store.port),
        "TORCHELASTIC_USE_AGENT_STORE": "True",
    }
    shared = {**os.environ, **address, "WORLD_SIZE": str(size), "OMP_NUM_THREADS": str(threads)}
    members: list[subprocess.Popen[bytes]] = []
    try:
        for number in range(size):
            own = {"RANK": str(number), "LOCAL_RANK": str(number)}
            members.append(subprocess.Popen(command, env={**shared, **own}, stdout=_STANDARD_ERROR))  # noqa: S603  # ours
        while None in (codes := [member.poll() for member in members]) and not any(codes):
            time.sleep(_POLL_SECONDS)
    finally:
        for member in members:
            member.kill()  # does nothing to one that has ended
            member.wait()
    if any(codes):
        raise RunError("one of the training processes failed", why="its message is above")


def _connect(here: Rank) -> None:
    """Connect to all other processes.

    torchrun keeps one key-value store through all its restarts. Addresses that lost processes have left there
    would make their successors wait for ever. So the first process draws a new prefix for the keys, and
    gives it to each process that asks.
    """
    store, _, _ = next(rendezvous("env://", timeout=_TIMEOUT))
    name = _lead(store, here.size) if here.number == 0 else _follow(store, here.number)
    dist.init_process_group(
        "gloo",
        store=PrefixStore(name, store),
        rank=here.number,
        world_size=here.size,
        timeout=_TIMEOUT,
    )


def _lead(store: Store, size: int) -> str:
    name = secrets.token_hex(8)
    missing = set(range(1, size))
    end = time.monotonic() + _TIMEOUT.total_seconds()
    while missing:
        if time.monotonic() > end:  # its machine may have vanished before it came
            raise RuntimeError(f"process {min(missing)} did not come")
        for number in sorted(missing):
            if store.check([f"{name}/{number}"]):
                missing.remove(number)
            elif store.check([f"asked/{number}"]):  # perhaps by one that is gone: then it asks again
                store.set(f"answer/{store.get(f'asked/{number}').decode()}", name)
        time.sleep(_POLL_SECONDS)
    return name


def _follow(store: Store, number: int) -> str:
    question = secrets.token_hex(8)
    store.set(f"asked/{number}", question)
    name = store.get(f"answer/{question}").decode()  # waits for it
    store.set(f"{name}/{number}", "here")
    return name


def _collectively(work: Callable[[], _Result]) -> _Result:
    """Return the result of a collective operation.

    Raises:
        RunError: Another process has ended.
    """
    try:
        return work()
    except RuntimeError as error:  # all that torch.distributed raises is one
        raise RunError(
            "lost the other processes of this run",
            why=str(error).splitlines()[0],
            remedy="see their messages; with torchrun --max-restarts the run resumes by itself",
        ) from error
