"""Many processes, on one machine or many, that train one network together.

torchrun starts them. Each cuts its share of every batch, and what belongs to the whole batch is added up over
all: the sums behind mean and variance of every channel, the gradients, the figures that are shown. So all
take the same step from the same weights, and what is learned does not depend on how many there are, but for
the order in which numbers are added. A group of one does nothing of this and costs nothing.

Messages go by gloo; those from one GPU to another go by nccl.

This is the only file that knows `torch.distributed`.
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

_PATIENCE = timedelta(minutes=5)
"""Longer than a step, a checkpoint or a look at the validation pictures takes. A process that dies closes its
connections and is noticed at once; from a machine without power or network not even that comes."""

_PREPARATION_PATIENCE = timedelta(days=1)
"""Whoever prepares the pictures takes as long as it takes."""

_GLANCE_SECONDS = 0.02
_STANDARD_ERROR = 2


@dataclass(frozen=True, slots=True)
class Group:
    """The processes of one training, seen from one of them. Every method but `share` is for all at once.

    Attributes:
        rank: Which of them this is.
        device_messages: What carries the messages of tensors that are on GPUs; None: what carries all others.
    """

    rank: Rank = ALONE
    device_messages: dist.ProcessGroup | None = None

    @property
    def is_first(self) -> bool:
        """Whether this is the process that writes, tells and judges."""
        return self.rank.number == 0

    def share(self, taken: slice) -> slice:
        """Name this process's share of some places."""
        return self.rank.share(taken.stop - taken.start, taken.start)

    def each_has_gpu(self) -> bool:
        """Whether every process has a GPU of its own, and messages can go from one to another."""
        number = self.rank.local_number
        mine = number < torch.cuda.device_count() and (self.rank.is_alone or dist.is_nccl_available())
        return not self.any(not mine)

    def on_gpus(self) -> Group:
        """Return the same processes, with messages that go from GPU to GPU.

        Every process has to have chosen its own.

        Raises:
            RunError: Another process has ended.
        """
        if self.rank.is_alone:
            return self
        carrier = _together(lambda: dist.new_group(backend="nccl", timeout=_PATIENCE))
        return replace(self, device_messages=carrier)

    def add_up(self, numbers: NDArray[np.float64]) -> NDArray[np.float64]:
        """Add up the numbers of all processes, place by place; all get the same result, to the bit."""
        if not self.rank.is_alone:
            numbers = numbers.copy()
            _together(lambda: dist.all_reduce(torch.from_numpy(numbers)))
        return numbers

    def add_up_tensors(self, tensors: Sequence[Tensor]) -> None:
        """Put in the place of each tensor its sum over all processes, all in one message.

        Args:
            tensors: Of one type, and on one device.
        """
        if not self.rank.is_alone:
            message = torch.cat([tensor.flatten() for tensor in tensors])
            _together(lambda: dist.all_reduce(message, group=self._carrier(message)))
            for tensor, part in zip(tensors, message.split([one.numel() for one in tensors]), strict=True):
                tensor.copy_(part.view_as(tensor))

    def give(self, tensors: Iterable[Tensor]) -> None:
        """Put in the place of each tensor that of the first process."""
        if not self.rank.is_alone:
            for tensor in tensors:
                message = tensor.contiguous()
                carrier = self._carrier(message)
                _together(partial(dist.broadcast, message, src=0, group=carrier))
                tensor.copy_(message)

    def say(self, text: str) -> str:
        """Return the text of the first process."""
        return self.send(text.encode()).decode()

    def send(self, data: bytes) -> bytes:
        """Return the bytes of the first process."""
        if self.rank.is_alone:
            return data
        count = torch.tensor([len(data)])
        self.give([count])
        message = torch.zeros(int(count), dtype=torch.uint8)
        if self.is_first:
            message.copy_(torch.from_numpy(np.frombuffer(data, np.uint8).copy()))
        self.give([message])
        return message.numpy().tobytes()

    def any(self, wanted: bool) -> bool:  # noqa: FBT001  # the question itself
        """Say whether any process says yes."""
        return bool(self.add_up(np.array([wanted], np.float64))[0])

    def wait(self) -> None:
        """Wait until all are here, however long some of them prepare pictures."""
        if not self.rank.is_alone:
            _together(lambda: dist.monitored_barrier(timeout=_PREPARATION_PATIENCE))

    def check_same(self, what: str, value: str) -> None:
        """Refuse to work together where something differs between processes.

        Raises:
            RunError: It is another here than at the first process.
        """
        if self.say(value) != value:
            here = f"process {self.rank.number} of {self.rank.size}, on {socket.gethostname()},"
            raise RunError(
                f"{here} has other {what} than the first",
                why="all have to train the same network on the same pictures",
                remedy="give all machines the same files and the same convscope",
            )

    def _carrier(self, message: Tensor) -> dist.ProcessGroup | None:
        return self.device_messages if message.is_cuda else None


@contextmanager
def joined() -> Generator[Group]:
    """Meet the processes that torchrun started along with this one, until the context is left.

    Raises:
        RunError: They cannot be reached.
    """
    here = rank()
    if here.is_alone:
        yield Group(here)
        return
    if "MASTER_ADDR" not in os.environ or "MASTER_PORT" not in os.environ:
        raise RunError(
            "cannot meet the other processes",
            why="RANK and WORLD_SIZE are set, but neither MASTER_ADDR nor MASTER_PORT",
            remedy="start all processes with torchrun, or unset RANK and WORLD_SIZE",
        )
    _together(lambda: _meet(here))
    try:
        yield Group(here)
    finally:
        dist.destroy_process_group()


def run_together(command: Sequence[str], size: int, threads: int) -> None:
    """Run a program in several processes of this machine that train together.

    What they print goes to standard error.

    Args:
        command: The program and its arguments.
        size: How many processes.
        threads: How many threads each computes with, unless the program says otherwise.

    Raises:
        RunError: One of them failed; it has said why.
    """
    store = TCPStore("127.0.0.1", 0, is_master=True, wait_for_workers=False)  # where they meet
    meeting = {
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(store.port),
        "TORCHELASTIC_USE_AGENT_STORE": "True",
    }
    shared = {**os.environ, **meeting, "WORLD_SIZE": str(size), "OMP_NUM_THREADS": str(threads)}
    members: list[subprocess.Popen[bytes]] = []
    try:
        for number in range(size):
            own = {"RANK": str(number), "LOCAL_RANK": str(number)}
            members.append(subprocess.Popen(command, env={**shared, **own}, stdout=_STANDARD_ERROR))  # noqa: S603  # ours
        while None in (codes := [member.poll() for member in members]) and not any(codes):
            time.sleep(_GLANCE_SECONDS)
    finally:
        for member in members:
            member.kill()  # does nothing to one that has ended
            member.wait()
    if any(codes):
        raise RunError("one of the processes that should train together failed", why="it says why above")


def _meet(here: Rank) -> None:
    """Connect to all others.

    torchrun keeps one store through all its restarts. What processes have left there that are gone would send
    their successors to addresses where nobody answers any more, and they would wait for ever. So the first
    process draws a name for a part of the store that is new, and tells it to whoever asks.
    """
    store, _, _ = next(rendezvous("env://", timeout=_PATIENCE))
    name = _lead(store, here.size) if here.number == 0 else _follow(store, here.number)
    dist.init_process_group(
        "gloo",
        store=PrefixStore(name, store),
        rank=here.number,
        world_size=here.size,
        timeout=_PATIENCE,
    )


def _lead(store: Store, size: int) -> str:
    name = secrets.token_hex(8)
    missing = set(range(1, size))
    end = time.monotonic() + _PATIENCE.total_seconds()
    while missing:
        if time.monotonic() > end:  # its machine may have vanished before it came
            raise RuntimeError(f"process {min(missing)} did not come")
        for number in sorted(missing):
            if store.check([f"{name}/{number}"]):
                missing.remove(number)
            elif store.check([f"asked/{number}"]):  # perhaps by one that is gone: then it asks again
                store.set(f"answer/{store.get(f'asked/{number}').decode()}", name)
        time.sleep(_GLANCE_SECONDS)
    return name


def _follow(store: Store, number: int) -> str:
    question = secrets.token_hex(8)
    store.set(f"asked/{number}", question)
    name = store.get(f"answer/{question}").decode()  # waits for it
    store.set(f"{name}/{number}", "here")
    return name


def _together(work: Callable[[], _Result]) -> _Result:
    """Do what takes all processes, and return what comes of it.

    Raises:
        RunError: One of them has ended.
    """
    try:
        return work()
    except RuntimeError as error:  # all that torch.distributed raises is one
        raise RunError(
            "lost the other processes of this run",
            why=str(error).splitlines()[0],
            remedy="see what they said; torchrun --max-restarts goes on by itself",
        ) from error
