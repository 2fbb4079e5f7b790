"""A process that draws the figures of a run, so that Matplotlib is imported in parallel.

    python -m convscope.training.report.figure_process

It reads the run folder and the fields of `Judged` from standard input, as an .npz archive. Importing
Matplotlib and drawing take a second, as long as training a head on few pictures. Only a command such as
`convscope train` may start processes; elsewhere, if Matplotlib is imported already, or if the process fails,
the training process draws the figures itself.
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
"""Processes that wait for their input, by run folder."""
_early: list[subprocess.Popen[bytes]] = []
"""The process that was started before the run folder existed."""


def allow_process() -> None:
    """Allow this process to start figure processes, unless it has imported Matplotlib already."""
    if "matplotlib.figure" not in sys.modules:
        _allowed.set()


def start_early() -> None:
    """Start the process of the next run now, if allowed, while this process imports its modules."""
    if _allowed.is_set() and not _early:
        _early.append(_started())


def start(run: Path) -> None:
    """Start the figure process of a run, if that is allowed."""
    if _allowed.is_set() and run not in _waiting:
        _waiting[run] = _early.pop() if _early else _started()


def dismiss(run: Path) -> None:
    """End the figure process of a run, if any, because there are no figures to draw, or not yet."""
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
    # importing Matplotlib takes half a second, and nothing else needs it
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
    from convscope.training.report import run_figures  # import now, while there is nothing to draw

    if data := sys.stdin.buffer.read():
        arrays = dict(np.load(io.BytesIO(data), allow_pickle=False))
        run_figures.write_figures(Path(str(arrays.pop("run"))), Judged(**arrays))
