"""Compile kernels in separate processes while PyTorch is imported and pictures are prepared.

Numba compiles a kernel on its first call, and caches the machine code for later processes. On a new machine
this takes seconds, mostly in Python, so a thread would block everything else. The compiling processes need no
PyTorch; the training process then finds the cached machine code. A failure there is harmless: missing kernels
are compiled on their first call.

Only a command such as `convscope train` may start processes; trainings in other programs compile on the first
call.
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
"""Modules with kernels; each module is compiled in its own process."""
_WINDOW_KERNELS = "convscope.network.window_kernels"
_left: list[str] = []
"""Modules that may still be compiled in their own processes."""
_running: list[subprocess.Popen[bytes]] = []


def allow_processes() -> None:
    """Allow this process to start compiling processes, one per module."""
    _left[:] = [*MODULES.values(), _WINDOW_KERNELS]


def compile_meanwhile(precision: str | None = None) -> None:
    """Start to compile the kernels that are not cached on this machine, if that is allowed.

    Args:
        precision: Precision of the training; None: the default on this processor.
    """
    for part, module in MODULES.items():
        _start(module, part, precision or "")


def compile_window_kernels(needed: Sequence[tuple[str, tuple[int, ...]]], precision: str) -> None:
    """Start to compile kernels that depend on the shapes of layers, if that is allowed.

    Args:
        needed: The result of `fused_convolution.needed_kernels`.
        precision: Precision of the training.
    """
    if needed:
        _start(_WINDOW_KERNELS, "window_kernels", precision, json.dumps(needed))


def _start(module: str, *arguments: str) -> None:
    """Start a process that compiles the kernels of a module, once, and only if they are not cached."""
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
    """Wait for all compiling processes."""
    while _running:
        _running.pop().wait()


def is_compiled(module: str) -> bool:
    """Whether there is cached machine code newer than the module."""
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        return False
    source = Path(spec.origin)
    kept = (source.parent / "__pycache__").glob(f"{source.stem}.*.nbi")
    return any(file.stat().st_mtime > source.stat().st_mtime for file in kept)
