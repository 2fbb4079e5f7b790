"""Compile kernels in separate processes while PyTorch is imported and pictures are prepared.

Numba compiles a kernel when it is first called, and keeps the machine code for the next process. On a new
machine that takes seconds, mostly in Python, so a thread would hold up everything else. A process needs no
PyTorch to compile; the one that trains then finds the machine code. Whatever goes wrong there does no harm:
what is missing is compiled when it is called.

Only a program may start processes, and `convscope train` is one; trainings in other programs compile as they
go.
"""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

MODULES = {"kernels": "convscope.network.kernels", "augmentation": "convscope.pictures.augmentation"}
"""Modules with kernels; those of each are compiled in a process of their own."""
_WINDOW_KERNELS = "convscope.network.window_kernels"
_left: list[str] = []
"""Modules that may be compiled in processes of their own and were not begun."""
_running: list[subprocess.Popen[bytes]] = []


def allow_processes() -> None:
    """Let this process start others that compile, once for each module."""
    _left[:] = [*MODULES.values(), _WINDOW_KERNELS]


def compile_meanwhile(precision: str | None = None) -> None:
    """Begin to compile the kernels that have not been compiled on this machine, if that is allowed.

    Args:
        precision: Of the training; None: the one that it chooses on this processor.
    """
    for part, module in MODULES.items():
        _start(module, part, precision or "")


def compile_window_kernels(needed: Sequence[tuple[str, tuple[int, ...]]], precision: str) -> None:
    """Begin to compile kernels that are made for the shapes of layers, if that is allowed.

    Args:
        needed: Of `fused_convolution.needed_kernels`.
        precision: Of the training.
    """
    if needed:
        _start(_WINDOW_KERNELS, "window_kernels", precision, json.dumps(needed))


def _start(module: str, *arguments: str) -> None:
    """Start a process that compiles kernels of a module, once and only where there is no machine code."""
    if module not in _left:
        return
    _left.remove(module)
    if not is_compiled(module):
        process = subprocess.Popen(  # noqa: S603 - the program is a module of this package
            [sys.executable, "-m", "convscope.training.machine.compile_kernels", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        _running.append(process)


def wait() -> None:
    """Wait until all that is being compiled is there."""
    while _running:
        _running.pop().wait()


def is_compiled(module: str) -> bool:
    """Whether there is machine code newer than a module next to it."""
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        return False
    source = Path(spec.origin)
    kept = (source.parent / "__pycache__").glob(f"{source.stem}.*.nbi")
    return any(file.stat().st_mtime > source.stat().st_mtime for file in kept)
