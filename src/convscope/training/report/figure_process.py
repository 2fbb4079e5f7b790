"""A process that draws the figures of a run, so that Matplotlib is imported in parallel.

    python -m convscope.training.report.figure_process

It reads the run's folder and what `Judged` holds from standard input, as an .npz archive. Importing
Matplotlib and drawing take a second, as long as learning a head from few pictures. Only a program may start
processes, and `convscope train` is one; elsewhere, or if the process fails, the process that has trained
draws.
"""

from __future__ import annotations

import io
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np

from convscope.training.report.judged import Judged

_allowed = threading.Event()
_waiting: dict[Path, subprocess.Popen[bytes]] = {}
"""Processes that wait for what they shall draw, by the run's folder."""
_early: list[subprocess.Popen[bytes]] = []
"""The process that was started before there was a run."""


def allow_process() -> None:
    """Let this process start others that draw."""
    _allowed.set()


def start_early() -> None:
    """Start the process of the next run now, while this process imports what it needs."""
    if not _early:
        _early.append(_started())


def start(run: Path) -> None:
    """Start a process that will draw the figures of a run, if that is allowed."""
    if _allowed.is_set() and run not in _waiting:
        _waiting[run] = _early.pop() if _early else _started()


def dismiss(run: Path) -> None:
    """Let the process of a run go, if there is one: it will be long until there are figures."""
    if process := _waiting.pop(run, None) or (_early.pop() if _early else None):
        process.communicate()


def draw(run: Path, judged: Judged) -> None:
    """Draw the figures of a run, and return when they are written.

    Raises:
        ConvscopeError: They cannot be written.
    """
    if process := _waiting.pop(run, None):
        archive = io.BytesIO()
        np.savez(archive, run=str(run), **judged._asdict())
        process.communicate(archive.getvalue())
        if process.returncode == 0:
            return
    # Matplotlib takes half a second to import, and nothing else needs it
    from convscope.training.report.run_figures import write_figures  # noqa: PLC0415

    write_figures(run, judged)


def _started() -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "convscope.training.report.figure_process"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


if __name__ == "__main__":
    from convscope.training.report import run_figures  # now, while there is nothing to draw

    if data := sys.stdin.buffer.read():
        arrays = dict(np.load(io.BytesIO(data), allow_pickle=False))
        run_figures.write_figures(Path(str(arrays.pop("run"))), Judged(**arrays))
