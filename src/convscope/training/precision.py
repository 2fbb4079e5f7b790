"""Which numbers a machine computes fastest with: measured, not hoped for."""

from __future__ import annotations

import time
from functools import cache
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from convscope.training.recipe import Precision

_SIDE = 512
_REPEATS = 5
_WORTHWHILE = 1.3
"""bfloat16 must be so many times as fast, for it keeps only 8 bits of each number."""


@cache
def fastest_precision() -> Precision:
    """Time a matrix product in float32 and in bfloat16; a few milliseconds where bfloat16 is in hardware."""
    return "bf16" if _seconds(torch.float32) > _WORTHWHILE * _seconds(torch.bfloat16) else "fp32"


def _seconds(dtype: torch.dtype) -> float:
    matrix = torch.ones(_SIDE, _SIDE, dtype=dtype)
    best = float("inf")
    for _ in range(_REPEATS):
        start = time.perf_counter()
        torch.mm(matrix, matrix)
        best = min(best, time.perf_counter() - start)
    return best
