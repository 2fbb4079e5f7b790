"""A trial that measures which device trains faster.

A GPU is not used merely because it exists: it has to work and be faster in a short trial with the network of
the run. So small networks are trained on the CPU, and a GPU that PyTorch sees but cannot use is harmless.
"""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

import torch

from convscope.errors import SettingError
from convscope.network.training_network import TrainingNetwork
from convscope.training.machine.engine import Engine, engine_of, step_runner
from convscope.training.machine.machine import Machine
from convscope.training.machine.precision import DTYPES, fastest_precision

if TYPE_CHECKING:
    from torch import Tensor

    from convscope.network.chain import Chain
    from convscope.training.settings import Device, Precision, Settings

_WARM_UPS, _REPEATS = 3, 3


def resolve_device(
    settings: Settings, chain: Chain, batch_size: int, *, each_has_gpu: bool = True
) -> tuple[Machine, tuple[str, ...]]:
    """Return device and precision: the user's choice, or else the faster one.

    Args:
        settings: Training settings.
        chain: The network.
        batch_size: Pictures per step and process.
        each_has_gpu: Whether each process of the run has its own GPU, if the machine has any.

    Returns:
        The machine, and a message about the choice.

    Raises:
        SettingError: The user chose a GPU, and there is none.
    """
    given = None if settings.precision in (None, "auto") else settings.precision
    device, notes = _device(settings.device, given, chain, batch_size, each_has_gpu=each_has_gpu)
    return Machine(device, given or fastest_precision(device)), notes


def compare(gpu: Engine, precision: Precision, chain: Chain, batch_size: int) -> tuple[Device, str]:
    """Time the same training steps on the CPU and on a GPU.

    Args:
        gpu: The GPU.
        precision: Precision on the GPU.
        chain: The network.
        batch_size: Pictures per step.

    Returns:
        The device to train on, and why, as one sentence.
    """
    try:
        gpu_seconds = _step_seconds(gpu, precision, chain, batch_size)
    except RuntimeError as error:  # all errors of a device are RuntimeErrors
        return "cpu", f"training on the CPU: the GPU failed in a trial, {str(error).splitlines()[0]}"
    cpu_seconds = _step_seconds(Engine(), fastest_precision("cpu"), chain, batch_size)
    times = f"a step takes {1000 * gpu_seconds:.1f} ms on the GPU, {1000 * cpu_seconds:.1f} ms on the CPU"
    if gpu_seconds < cpu_seconds:
        return "cuda", f"training on the GPU: {times}"
    return "cpu", f"training on the CPU: {times}"


def _device(
    device: str | None,
    precision: Precision | None,
    chain: Chain,
    batch_size: int,
    *,
    each_has_gpu: bool,
) -> tuple[Device, tuple[str, ...]]:
    if device == "cuda":
        engine_of("cuda")  # raises if there is no GPU
        if not each_has_gpu:
            raise SettingError(
                "cannot train on GPUs",
                why="there is no GPU for every process",
                remedy="start as many processes on each machine as it has GPUs, or train with --device cpu",
            )
        return "cuda", ()
    if device == "cpu" or not torch.cuda.is_available():
        return "cpu", ()
    if not each_has_gpu:
        return "cpu", ("training on the CPU: there is no GPU for every process",)
    chosen, reason = compare(engine_of("cuda"), precision or fastest_precision("cuda"), chain, batch_size)
    return chosen, (reason,)


def _step_seconds(engine: Engine, precision: Precision, chain: Chain, batch_size: int) -> float:
    """Time forward and backward passes, without the warm-up in which kernels are loaded and recorded."""
    network = TrainingNetwork(chain, whitened=None, fused=engine.fused).to(engine.device)
    maps = torch.randn(batch_size, *chain.input_shape).to(
        engine.device, DTYPES[precision], memory_format=torch.channels_last
    )

    def step(maps: Tensor) -> Tensor:
        network.zero_grad()
        network(maps).square().mean().backward()
        gradients = [weight.grad.sum() for weight in network.parameters() if weight.grad is not None]
        return torch.stack(gradients).sum()

    run = step_runner(engine, recorded=precision != "fp16")
    times: list[float] = []
    for _ in range(_WARM_UPS + _REPEATS):
        start = time.perf_counter()
        result = run("a trial", step, (maps,))
        if not math.isfinite(float(result)):  # reading it waits for the device
            raise RuntimeError("the result is not finite")
        times.append(time.perf_counter() - start)
    return min(times[_WARM_UPS:])
