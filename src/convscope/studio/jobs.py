"""Commands of convscope that run in their own processes.

Each job has a name, and a folder of that name:

| file | content |
|---|---|
| output.json | standard output of the command |
| log | its standard error |
| events.jsonl | its progress, if requested: `convscope.training.listeners.event_log` |
| process | the id of its process |

The process holds a lock on its folder (`convscope.common.locking`) until it ends, however it ends. So a
restarted studio still knows which jobs are running, and can stop them.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, Field

from convscope.common.locking import locked
from convscope.common.processes import background_options
from convscope.studio.event_file import last_event

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from pathlib import Path

    from fastapi import FastAPI

JobState = Literal["not started", "running", "done", "failed"]
_MOST_LOGGED = 2_000
_POLL_SECONDS = 0.05


class Progress(BaseModel):
    """The progress of a job."""

    done_fraction: float = Field(ge=0, le=1)
    remaining_seconds: float | None = Field(ge=0, description="An estimate; null while there is none.")


@dataclass(frozen=True, slots=True)
class Job:
    """The current state of a job.

    Attributes:
        state: Failed means that its process ended without printing a complete JSON document.
        output: The document, if it is done.
        error: The end of its log, if it failed.
        progress: Its progress, if it is running and has reported it.
    """

    state: JobState
    output: Any = None
    error: str = ""
    progress: Progress | None = None


class Jobs:
    """Runs commands and remembers them by name.

    Args:
        folder: The parent of their folders; it must exist.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._detached: set[str] = set()
        self._lock = threading.Lock()

    def events_path(self, name: str) -> Path:
        """Return the file that the command must write the progress of a job to."""
        return self._folder / name / "events.jsonl"

    def start(self, name: str, *arguments: str, detached: bool = False) -> None:
        """Run `convscope ARGUMENTS`, unless the job of that name is running; its old files are removed.

        Args:
            name: A valid folder name.
            *arguments: Arguments of the command.
            detached: Whether the process continues when the studio ends.
        """
        with self._lock:
            if self._is_running(name):
                return
            folder = self._folder / name
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            with (
                locked(folder) as lock,
                (folder / "output.json").open("wb") as output,
                (folder / "log").open("wb") as log,
            ):
                process = subprocess.Popen(  # noqa: S603 - a command of ours, and no shell
                    [sys.executable, "-m", "convscope", *arguments],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=log,
                    **background_options(lock),
                )
            (folder / "process").write_text(str(process.pid))
            self._processes[name] = process
            (self._detached.add if detached else self._detached.discard)(name)

    def is_running(self, name: str) -> bool:
        """Whether the process of a job is alive."""
        with self._lock:
            return self._is_running(name)

    def look(self, name: str) -> Job:
        """Return the current state of a job."""
        if self.is_running(name):
            return Job("running", progress=self._progress(name))
        try:
            return Job("done", output=json.loads((self._folder / name / "output.json").read_bytes()))
        except FileNotFoundError:
            return Job("not started")
        except (OSError, ValueError):
            return Job("failed", error=self.log(name))

    def log(self, name: str) -> str:
        """Return the end of a job's standard error; empty if it cannot be read."""
        try:
            return (self._folder / name / "log").read_text("utf-8", "replace").strip()[-_MOST_LOGGED:]
        except OSError:
            return ""

    def stop(self, name: str) -> None:
        """Stop a running job, and remove its files."""
        with self._lock:
            if self._is_running(name):
                try:
                    os.kill(int((self._folder / name / "process").read_text()), signal.SIGTERM)
                except (OSError, ValueError):
                    return  # it has just ended, or the studio was killed before it wrote the id
                while self._is_running(name):
                    time.sleep(_POLL_SECONDS)
                shutil.rmtree(self._folder / name, ignore_errors=True)

    def remove(self, name: str) -> None:
        """Remove the files of a job that is not running."""
        with self._lock:
            if not self._is_running(name):
                shutil.rmtree(self._folder / name, ignore_errors=True)

    @asynccontextmanager
    async def lifespan(self, _: FastAPI) -> AsyncGenerator[None]:
        """Stop all jobs that are not detached when an application ends."""
        try:
            yield
        finally:  # do not wait after a second Ctrl-C
            for name in self._processes.keys() - self._detached:
                self.stop(name)

    def _is_running(self, name: str) -> bool:
        process = self._processes.get(name)
        if process is not None and process.poll() is None:
            return True
        try:
            with locked(self._folder / name):
                return False
        except BlockingIOError:
            return True  # started by another studio, which may have been killed
        except OSError:
            return False

    def _progress(self, name: str) -> Progress | None:
        match last_event(self.events_path(name)):
            case {
                "epoch": int(epoch),
                "epochs": int(epochs),
                "remaining_seconds": int() | float() | None as left,
            } if 0 <= epoch <= epochs and (left is None or left >= 0):
                return Progress(done_fraction=epoch / max(1, epochs), remaining_seconds=left)
            case _:
                return None
