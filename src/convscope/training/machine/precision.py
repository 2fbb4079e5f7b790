"""Which precision a device computes fastest in: measured, not hoped for."""

from __future__ import annotations

import time
from functools import cache
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from convscope.training.settings import Device, Precision

DTYPES: dict[Precision, torch.dtype] = {
    "bf16": torch.bfloat16,
    "fp16": torch.float16,
    "fp32": torch.float32,
}
_SIDE: dict[Device, int] = {"cpu": 512, "cuda": 4096}
"""Of the matrices: on a GPU, small ones would take equally long in any precision."""
_REPEATS = 5
_WORTHWHILE = 1.3
"""Half precision must be this many times as fast, for it keeps only 8 or 11 significant bits."""


@cache
def fastest_precision(device: Device = "cpu") -> Precision:
    """Time a matrix product in float32 and in half precision; it takes a few milliseconds.

    Half precision is bfloat16, or float16 on a GPU without it.
    """
    half: Precision = "bf16" if has_bfloat16(device) else "fp16"
    return half if _seconds("fp32", device) > _WORTHWHILE * _seconds(half, device) else "fp32"


def has_bfloat16(device: Device) -> bool:
    """Whether a device can compute in bfloat16; all CPUs can, though some only slowly."""
    return device == "cpu" or torch.cuda.is_bf16_supported(including_emulation=False)


def _seconds(precision: Precision, device: Device) -> float:
    matrix = torch.ones(_SIDE[device], _SIDE[device], dtype=DTYPES[precision], device=device)
    best = float("inf")
    for _ in range(_REPEATS):
        start = time.perf_counter()
        torch.mm(matrix, matrix)
        if device == "cuda":
            torch.cuda.synchronize()
        best = min(best, time.perf_counter() - start)
    return best
