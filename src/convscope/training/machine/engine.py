"""Where a network is trained: on the processors with the fused kernels, or on a GPU with PyTorch's own ops.

A GPU is not taken for being there: in a short trial, steps of a network for these pictures, it has to work
and to be faster. So small networks stay on the processors, and a GPU that PyTorch sees but cannot use is no
harm.
"""

from __future__ import annotations

import math
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import torch

from convscope.errors import SettingError
from convscope.network.chain import build_chain
from convscope.network.modules import TrainingNetwork
from convscope.training.machine.cuda_graphs import CudaGraphRunner, run_eagerly
from convscope.training.machine.precision import DTYPES, fastest_precision
from convscope.training.recipe import LARGEST_BATCH, Device, Precision, Settings, layers_of

if TYPE_CHECKING:
    from collections.abc import Generator

    from torch import Tensor

    from convscope.network.chain import Chain
    from convscope.training.machine.cuda_graphs import Launch

_CPU = torch.device("cpu")
_UNCOUNTED, _REPEATS = 3, 3


@dataclass(frozen=True, slots=True)
class Engine:
    """Where and how a network computes.

    Attributes:
        place: Where its numbers are.
        fused: Whether by the fused kernels, which only processors run; otherwise by PyTorch's own ops, with
            the pictures kept at that place, too.
    """

    place: torch.device = _CPU
    fused: bool = True


def engine_of(device: Device, number: int = 0) -> Engine:
    """Return the engine for a device; if it is a GPU, it is the one that this process uses from now on.

    Args:
        device: Which kind.
        number: Which of this machine's, if there are several.

    Raises:
        SettingError: It is a GPU, and there is none.
    """
    if device == "cpu":
        return Engine()
    if not torch.cuda.is_available():
        raise SettingError(
            "cannot train on a GPU",
            why=f"PyTorch {torch.__version__} sees none",
            remedy="train with --device cpu, or install a PyTorch that is built for the GPU",
        )
    place = torch.device("cuda", number)
    torch.cuda.set_device(place)  # or memory that is pinned would take some of the first one's, too
    return Engine(place, fused=False)


def engine_name(device: Device) -> str:
    """Name what computes, for the receipt."""
    if device == "cpu":
        return "cpu"
    return f"{torch.cuda.get_device_name()}, CUDA {torch.version.cuda or torch.version.hip}"


def resolve_device(
    settings: Settings,
    shape: tuple[int, int, int],
    classes: int,
    *,
    processes: int = 1,
    each_has_gpu: bool = True,
) -> tuple[Settings, tuple[str, ...]]:
    """Find out device and precision where they were not said.

    Args:
        settings: What was said.
        shape: Channels, height and width of a picture.
        classes: How many.
        processes: How many train together.
        each_has_gpu: Whether there are as many GPUs as processes, if there is one.

    Returns:
        The settings with both, and what people should know about the choice.

    Raises:
        SettingError: The device that was said is not there.
        ConvscopeError: The network does not fit the pictures.
    """
    batch = max(1, (settings.batch_size or LARGEST_BATCH) // processes)
    device, notes = _device(settings, shape, classes, batch, each_has_gpu=each_has_gpu)
    precision = settings.precision
    if precision in {None, "auto"}:
        precision = fastest_precision(device)
    return replace(settings, device=device, precision=precision), notes


def compare(gpu: Engine, precision: Precision, chain: Chain, batch: int) -> tuple[Device, str]:
    """Let processors and a GPU take the same steps.

    Args:
        gpu: The engine that has to prove itself.
        precision: Of its maps.
        chain: The network.
        batch: Pictures a step.

    Returns:
        The device to train on, and why, as one sentence.
    """
    try:
        theirs = _step_seconds(gpu, precision, chain, batch)
    except RuntimeError as error:  # all that a device raises is one
        return "cpu", f"training on the CPU: the GPU failed in a trial, {str(error).splitlines()[0]}"
    ours = _step_seconds(Engine(), fastest_precision("cpu"), chain, batch)
    shares = f"a step takes {1000 * theirs:.1f} ms on the GPU, {1000 * ours:.1f} ms on the CPU"
    if theirs < ours:
        return "cuda", f"training on the GPU: {shares}"
    return "cpu", f"training on the CPU: {shares}"


def launching(engine: Engine, *, recorded: bool) -> Launch:
    """Return what launches the work of a step: on a GPU from its recording, if that is wanted."""
    if recorded and engine.place.type == "cuda":
        return CudaGraphRunner(engine.place)
    return partial(run_eagerly, engine.place)


@contextmanager
def repeatable() -> Generator[None]:
    """Let cuDNN, where there is one, choose its ways by rule and not by trial: a run can be repeated."""
    with torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True):
        yield


def _device(
    settings: Settings, shape: tuple[int, int, int], classes: int, batch: int, *, each_has_gpu: bool
) -> tuple[Device, tuple[str, ...]]:
    if settings.device == "cuda":
        engine_of("cuda")  # refuses one that is not there
        if not each_has_gpu:
            raise SettingError(
                "cannot train on GPUs",
                why="not every process has one of its own",
                remedy="start as many processes on each machine as it has GPUs, or train with --device cpu",
            )
        return "cuda", ()
    if settings.device == "cpu" or not torch.cuda.is_available():
        return "cpu", ()
    if not each_has_gpu:
        return "cpu", ("training on the CPU: not every process has a GPU of its own",)
    said = settings.precision
    wanted = fastest_precision("cuda") if said in (None, "auto") else said
    chain = build_chain(layers_of(settings.network, shape), shape, classes)
    device, reason = compare(engine_of("cuda"), wanted, chain, batch)
    return device, (reason,)


def _step_seconds(engine: Engine, precision: Precision, chain: Chain, batch: int) -> float:
    """Time forward and backward; the first times do not count, for kernels are loaded and recorded then."""
    network = TrainingNetwork(chain, whitened=None, fused=engine.fused).to(engine.place)
    maps = torch.randn(batch, *chain.input_shape).to(
        engine.place, DTYPES[precision], memory_format=torch.channels_last
    )

    def step(maps: Tensor) -> Tensor:
        network.zero_grad()
        network(maps).square().mean().backward()
        gradients = [weight.grad.sum() for weight in network.parameters() if weight.grad is not None]
        return torch.stack(gradients).sum()

    compute = launching(engine, recorded=precision != "fp16")
    times: list[float] = []
    for _ in range(_UNCOUNTED + _REPEATS):
        start = time.perf_counter()
        reached = compute("a trial", step, (maps,))
        if not math.isfinite(float(reached)):  # reading it also waits for the device
            raise RuntimeError("what it computed are no numbers")
        times.append(time.perf_counter() - start)
    return min(times[_UNCOUNTED:])
