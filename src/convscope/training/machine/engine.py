"""The engine: fused kernels on the CPU, or PyTorch's own operations on a GPU."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import torch

from convscope.errors import SettingError
from convscope.training.machine.cuda_graphs import CudaGraphRunner, run_eagerly

if TYPE_CHECKING:
    from collections.abc import Generator

    from convscope.training.machine.cuda_graphs import Runner
    from convscope.training.settings import Device

_CPU = torch.device("cpu")


@dataclass(frozen=True, slots=True)
class Engine:
    """Where and how a network computes.

    Attributes:
        device: Device of the weights.
        fused: Whether to use the fused kernels, which only run on CPUs; otherwise PyTorch's own operations
            are used, and the pictures are stored on the device, too.
    """

    device: torch.device = _CPU
    fused: bool = True


def engine_of(device: Device, number: int = 0) -> Engine:
    """Return the engine for a device; a GPU becomes the current GPU of this process.

    Args:
        device: Kind of device.
        number: Index of the GPU.

    Raises:
        SettingError: There is no GPU.
    """
    if device == "cpu":
        return Engine()
    if not torch.cuda.is_available():
        raise SettingError(
            "cannot train on a GPU",
            why=f"PyTorch {torch.__version__} sees none",
            remedy="train with --device cpu, or install a PyTorch that is built for the GPU",
        )
    gpu = torch.device("cuda", number)
    torch.cuda.set_device(gpu)  # otherwise pinned memory would also use memory of the first GPU
    return Engine(gpu, fused=False)


def engine_name(device: Device) -> str:
    """Return the device's name, for the receipt."""
    if device == "cpu":
        return "cpu"
    return f"{torch.cuda.get_device_name()}, CUDA {torch.version.cuda or torch.version.hip}"


def step_runner(engine: Engine, *, recorded: bool) -> Runner:
    """Return the runner of training steps: with CUDA graphs on a GPU if `recorded`, otherwise eager."""
    if recorded and engine.device.type == "cuda":
        return CudaGraphRunner(engine.device)
    return partial(run_eagerly, engine.device)


@contextmanager
def deterministic() -> Generator[None]:
    """Let cuDNN choose deterministic algorithms, so that repeated runs are bitwise identical."""
    with torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True):
        yield
