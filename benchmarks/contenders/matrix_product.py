"""The speed of the machine: products of 2048x2048 matrices, in the precision given by the variant."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Callable

SIDE = 2048


def make(variant: str, _network: str, _shape: tuple[int, int, int], _batch: int) -> Callable[[int], None]:
    """One product per step."""
    matrix = torch.ones(SIDE, SIDE, dtype=torch.bfloat16 if variant == "bf16" else torch.float32)

    def take(steps: int) -> None:
        for _ in range(steps):
            torch.mm(matrix, matrix)

    return take
