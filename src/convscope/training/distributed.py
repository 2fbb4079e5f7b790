"""Communication between the processes of a distributed training, and their rendezvous.

Messages use gloo, those between GPUs nccl. This is the only file that uses `torch.distributed`; the interface
for training is in `group.py`.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import time
from contextlib import contextmanager
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

from convscope.errors import RunError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from convscope.common.ranks import Rank

_Result = TypeVar("_Result")

ProcessGroup = dist.ProcessGroup

_TIMEOUT = timedelta(minutes=5)
"""Longer than a step, a checkpoint or a validation takes. A process that dies closes its connections and is
detected at once; a machine that loses power or network is not."""

_PREPARATION_TIMEOUT = timedelta(days=1)
"""Timeout for decoding, which has no upper limit."""

_POLL_SECONDS = 0.02
_STANDARD_ERROR = 2


@contextmanager
def connected(here: Rank) -> Generator[None]:
    """Connect to the processes that torchrun started together with this one, until the context exits.

    Raises:
        RunError: The processes cannot be reached.
    """
    if "MASTER_ADDR" not in os.environ or "MASTER_PORT" not in os.environ:
        raise RunError(
            "cannot connect to the other processes",
            why="RANK and WORLD_SIZE are set, but neither MASTER_ADDR nor MASTER_PORT",
            remedy="start all processes with torchrun, or unset RANK and WORLD_SIZE",
        )
    _collectively(lambda: _connect(here))
    try:
        yield
    finally:
        dist.destroy_process_group()


def can_connect_gpus() -> bool:
    """Whether GPUs can exchange messages."""
    return dist.is_nccl_available()


def connect_gpus() -> ProcessGroup:
    """Return PyTorch's group for messages between the current GPUs of all processes.

    Raises:
        RunError: Another process has ended.
    """
    # typed as if this process might not belong to the group, but the group holds all processes
    return _collectively(lambda: dist.new_group(backend="nccl", timeout=_TIMEOUT))  # pyright: ignore[reportReturnType]


def add_up(numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the elementwise sum over all processes (all-reduce); all get the same result, to the bit."""
    numbers = numbers.copy()
    _collectively(lambda: dist.all_reduce(torch.from_numpy(numbers)))
    return numbers


def add_up_tensors(tensors: Sequence[Tensor], gpu_group: ProcessGroup | None) -> None:
    """Replace each tensor by its sum over all processes (all-reduce), in one message."""
    message = torch.cat([tensor.flatten() for tensor in tensors])
    _collectively(lambda: dist.all_reduce(message, group=gpu_group if message.is_cuda else None))
    for tensor, part in zip(tensors, message.split([one.numel() for one in tensors]), strict=True):
        tensor.copy_(part.view_as(tensor))


def broadcast(tensors: Iterable[Tensor], gpu_group: ProcessGroup | None = None) -> None:
    """Replace each tensor by the first process's tensor."""
    for tensor in tensors:
        message = tensor.contiguous()
        group = gpu_group if message.is_cuda else None
        _collectively(partial(dist.broadcast, message, src=0, group=group))
        tensor.copy_(message)


def broadcast_bytes(data: bytes, *, is_first: bool) -> bytes:
    """Return the bytes of the first process."""
    count = torch.tensor([len(data)])
    broadcast([count])
    message = torch.zeros(int(count), dtype=torch.uint8)
    if is_first:
        message.copy_(torch.from_numpy(np.frombuffer(data, np.uint8).copy()))
    broadcast([message])
    return message.numpy().tobytes()


def barrier() -> None:
    """Wait for all processes, however long they decode pictures."""
    _collectively(lambda: dist.monitored_barrier(timeout=_PREPARATION_TIMEOUT))


def run_together(command: Sequence[str], size: int, threads: int) -> None:
    """Run a program in several processes of this machine that train together.

    Their output is written to standard error.

    Args:
        command: The program and its arguments.
        size: Number of processes.
        threads: Compute threads of each process, unless the program sets them.

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
            member.kill()  # has no effect on a process that has ended
            member.wait()
    if any(codes):
        raise RunError("one of the training processes failed", why="its message is above")


def _connect(here: Rank) -> None:
    """Connect to all other processes.

    torchrun keeps one key-value store across restarts. Stale addresses of lost processes would make their
    successors wait forever. So the first process draws a new prefix for the keys, and sends it to each
    process that asks.
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
        if time.monotonic() > end:  # its machine may have been lost before it connected
            raise RuntimeError(f"process {min(missing)} did not come")
        for number in sorted(missing):
            if store.check([f"{name}/{number}"]):
                missing.remove(number)
            elif store.check([f"asked/{number}"]):  # perhaps by a process that is gone: then ask again
                store.set(f"answer/{store.get(f'asked/{number}').decode()}", name)
        time.sleep(_POLL_SECONDS)
    return name


def _follow(store: Store, number: int) -> str:
    question = secrets.token_hex(8)
    store.set(f"asked/{number}", question)
    name = store.get(f"answer/{question}").decode()  # blocks until it is set
    store.set(f"{name}/{number}", "here")
    return name


def _collectively(work: Callable[[], _Result]) -> _Result:
    """Return the result of a collective operation.

    Raises:
        RunError: Another process has ended.
    """
    try:
        return work()
    except RuntimeError as error:  # all exceptions of torch.distributed are RuntimeErrors
        raise RunError(
            "lost the other processes of this run",
            why=str(error).splitlines()[0],
            remedy="see their messages; with torchrun --max-restarts the run resumes by itself",
        ) from error
