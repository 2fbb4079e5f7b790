"""Compile the kernels of a module: `python -m convscope.training.machine.compile_kernels kernels bf16`."""

from __future__ import annotations

import json
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np
from llvmlite.binding import get_host_cpu_features

from convscope.network import kernels, window_kernels
from convscope.pictures.augmentation import augment_batch

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray


def compile_kernels(part: str, precision: str, needed: str = "[]") -> None:
    """Compile kernels by calling each in the same way as training, on small arrays.

    Args:
        part: One of `compilation.MODULES`, or `window_kernels`.
        precision: Precision of the training; empty or `auto`: the default on this processor.
        needed: The window kernels as JSON: their names and arguments.
    """
    half = precision == "bf16" or (precision in {"", "auto"} and has_bfloat16_instructions())
    maps = np.zeros((16, 2, 2, 1), np.uint16 if half else np.float32)
    if part == "window_kernels":
        for name, made_for in json.loads(needed):
            _call_window_kernel(name, made_for, maps)
        return
    if part == "kernels":
        _call_kernels(maps)
        return
    _call_augmentation(maps)
    if half:  # whitened filters are computed from pictures in float32
        _call_augmentation(maps.astype(np.float32))
    # builds its font cache, which takes a second on a new machine
    import_module("matplotlib.font_manager")


def has_bfloat16_instructions() -> bool:
    """Whether training chooses bfloat16 on this processor, according to LLVM, without importing PyTorch.

    Example:
        >>> from convscope.training.machine.precision import fastest_precision
        >>> has_bfloat16_instructions() == (fastest_precision() == "bf16")
        True
    """
    features = get_host_cpu_features()
    return any(features.get(name, False) for name in ("avx512bf16", "amx-tile", "bf16"))


def _call_kernels(maps: NDArray[Any]) -> None:
    rows, pooled = maps.reshape(-1, 1), maps[:, :1, :1].copy()
    winners, numbers = np.zeros(pooled.shape, np.uint8), [np.zeros(1, np.float32)] * 4
    sums = np.zeros((kernels.CHUNKS, 2, 1), np.float32)
    calls: dict[Callable[..., None], tuple[NDArray[Any], ...]] = {
        kernels.pool_and_sum: (maps, pooled, winners, sums),
        kernels.sum_rows: (rows, sums),
        kernels.normalise_relu: (rows, *numbers[:2], rows),
        kernels.sum_gradients: (rows, rows, *numbers[:3], sums),
        kernels.spread_gradient_to_winners: (pooled, pooled, winners, *numbers, maps),
        kernels.spread_gradient: (rows, rows, *numbers, rows),
    }
    for kernel, arguments in calls.items():
        kernel(0, 1, *arguments)


def _call_window_kernel(name: str, made_for: list[int], maps: NDArray[Any]) -> None:
    """Call a kernel for zero chunks, which compiles it."""
    pooled, winners, margins = maps[:, :1, :1].copy(), np.zeros((16, 1, 1, 1), np.uint8), (0, 0)
    kernel = getattr(window_kernels, name)(*made_for)
    if name == window_kernels.convolve_pool_and_sum.__name__:
        pairs = made_for[-1]
        weights = np.zeros((1, 1, 1), np.int32 if pairs else np.float32)
        sums = np.zeros((kernels.CHUNKS, 2, 1), np.float32)
        kernel(0, 0, maps, weights, margins, pooled, winners, sums)
    else:
        _, _, run, _ = made_for
        kernel(0, 0, maps, margins, pooled, winners, 1, np.zeros((1, 1, 1, run, 1), np.float32))


def _call_augmentation(out: NDArray[Any]) -> None:
    pictures, count = np.zeros(out.shape, np.uint8), len(out)
    pictures.flags.writeable = False  # like memory-mapped files
    maps, colours = np.zeros((count, 2, 3), np.float32), np.zeros((count, 3), np.float32)
    one = np.ones(1, np.float32)
    augment_batch(0, 1, pictures, np.zeros(count, np.int64), maps, colours, colours, one, one, out)


if __name__ == "__main__":
    compile_kernels(*sys.argv[1:])
