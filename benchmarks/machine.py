"""The machine of a benchmark, and its matrix product rate as a reference for times."""

from __future__ import annotations

import os
import platform
import time
from pathlib import Path
from typing import Any

import torch


def describe() -> dict[str, str | int]:
    """Return the processor, its cores in use and the relevant versions."""
    information = Path("/proc/cpuinfo")
    names = [
        line.partition(":")[2].strip()
        for line in information.read_text().splitlines()
        if "model name" in line
    ]
    return {
        "processor": names[0] if names else platform.processor(),
        "cores": len(os.sched_getaffinity(0)),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "system": platform.system(),
    }


def sentence(machine: dict[str, Any]) -> str:
    """Return the result of `describe` as a sentence for a table."""
    return (
        f"Machine: {machine['processor']}, {machine['cores']} cores; PyTorch {machine['torch']}, "
        f"Python {machine['python']}."
    )


def matrix_rates(side: int = 2048, repeats: int = 10) -> dict[str, float]:
    """Measure the median rate of a matrix product in GFLOP/s, in float32 and bfloat16."""
    rates: dict[str, float] = {}
    for name, dtype in (("fp32", torch.float32), ("bf16", torch.bfloat16)):
        matrix = torch.ones(side, side, dtype=dtype)
        seconds: list[float] = []
        for _ in range(repeats):
            start = time.perf_counter()
            matrix @ matrix
            seconds.append(time.perf_counter() - start)
        rates[name] = 2 * side**3 / sorted(seconds)[repeats // 2] / 1e9
    return rates
