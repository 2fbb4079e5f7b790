"""Commands that are run in a process of their own, each once, and what they print.

NAME.json is what one printed, once it has come to its end; NAME.partial what it has printed so far, and
NAME.log what it says on its way.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Collection
    from pathlib import Path

    from fastapi import FastAPI

State = Literal["not begun", "running", "done", "failed"]
_MOST_SAID = 2_000


@dataclass(frozen=True, slots=True)
class Errand:
    """How far a command is.

    Attributes:
        state: Where it stands.
        said: The last line that it said on its way; all that it said if it failed.
        printed: What it printed, if it is done.
    """

    state: State
    said: str = ""
    printed: bytes = b""


class Errands:
    """Commands of convscope, run and remembered by name.

    Args:
        folder: Where what they print is kept; it must exist.
        succeeded: The exit codes of a command that did what it was asked to.
    """

    def __init__(self, folder: Path, succeeded: Collection[int] = (0,)) -> None:
        self._folder = folder
        self._succeeded = succeeded
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._lock = threading.Lock()

    def start(self, name: str, *arguments: str) -> None:
        """Run `convscope ARGUMENTS`, unless the errand of that name is under way or done."""
        with self._lock:
            if self._state(name) in {"running", "done"}:
                return
            with self._path(name, "partial").open("wb") as out, self._path(name, "log").open("wb") as log:
                self._running[name] = subprocess.Popen(  # noqa: S603 - a command of ours, and no shell
                    [sys.executable, "-m", "convscope", *arguments],
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=log,
                )

    def stop(self, name: str) -> None:
        """End a command that is under way; what it has printed is lost."""
        with self._lock:
            if self._state(name) == "running":
                process = self._running.pop(name)
                process.terminate()
                process.wait()
                self._forget(name)

    @asynccontextmanager
    async def running(self, _: FastAPI) -> AsyncGenerator[None]:
        """While an application runs: what is under way when it ends is ended with it."""
        try:
            yield
        finally:  # a second Ctrl-C waits for nothing
            for name in list(self._running):
                self.stop(name)

    def look(self, name: str) -> Errand:
        """Say how far a command is."""
        with self._lock:
            state = self._state(name)
            match state:
                case "done":
                    return Errand(state, printed=self._path(name, "json").read_bytes())
                case "running":
                    return Errand(state, said=_last_line(self._said(name)))
                case "failed":
                    return Errand(state, said=self._said(name)[-_MOST_SAID:])
                case "not begun":
                    return Errand(state)

    def _state(self, name: str) -> State:
        """Look after a command that has come to its end: what it printed gets its name only then."""
        process = self._running.get(name)
        if process is not None:
            code = process.poll()
            if code is None:
                return "running"
            if code in self._succeeded:
                self._path(name, "partial").replace(self._path(name, "json"))
                self._forget(name)
                del self._running[name]
        if self._path(name, "json").exists():
            return "done"
        return "not begun" if process is None else "failed"

    def _forget(self, name: str) -> None:
        for suffix in ("partial", "log"):
            self._path(name, suffix).unlink(missing_ok=True)

    def _said(self, name: str) -> str:
        return self._path(name, "log").read_text("utf-8", "replace").strip()

    def _path(self, name: str, suffix: str) -> Path:
        return self._folder / f"{name}.{suffix}"


def _last_line(said: str) -> str:
    return said.rpartition("\n")[2].removeprefix("note").strip()
