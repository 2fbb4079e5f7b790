"""Runs of training, each a process of its own: started, looked at, paused and resumed.

All that is known of a run is read from the disk, so that a studio that was started anew knows as much as the
one before: whether a process works in its folder, which its events name; whether it has come to its end; and
what the process said.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, Field

from convscope.common import strict_json
from convscope.common.locking import locked
from convscope.common.printable import printable
from convscope.errors import RequestError
from convscope.model.file import load
from convscope.pictures.naming import natural_order
from convscope.studio.event_file import EventFile
from convscope.studio.forecast import Forecast, forecast
from convscope.studio.home import free_name
from convscope.training.runs import run_folder

if TYPE_CHECKING:
    from pathlib import Path

    from convscope.studio.home import Home
    from convscope.training.recipe import Settings

State = Literal["starting", "running", "paused", "interrupted", "failed", "finished"]
_METRICS = "metrics.json"
_MOST_SAID = 2_000
_MOST_EPOCHS = 100_000
_MOST_PROCESSES = 2**31
_SAYS_WHY = {"interrupted", "failed"}
_AT_WORK = {"starting", "running"}


class Run(BaseModel):
    """One run, as it is now."""

    name: str = Field(examples=["pets-2"])
    state: State = Field(
        description="Interrupted: the process was killed or failed, and can be resumed. "
        "Failed: it never began to learn."
    )
    said: str = Field("", description="What the process said last, where it did not end well.")
    epoch: int = Field(0, description="How many epochs are done.")
    epochs: int = Field(0, description="How many there will be; 0 while that is not known.")
    validation_accuracy_fraction: float | None = Field(
        None, description="After the last epoch; null where no pictures are set aside for it."
    )
    test_accuracy_fraction: float | None = Field(
        None, description="Of the finished model, on pictures that it had never seen."
    )


class News(BaseModel):
    """What is new of a run for somebody who knows it up to a place."""

    run: Run
    forecast: Forecast | None = Field(description="Of the accuracy at the end, once there is enough to say.")
    events: list[dict[str, Any]] = Field(description="As they stand in `events.jsonl`.")
    place: int = Field(description="Behind the last of them: what to ask from next time.")


@dataclass(slots=True)
class _Seen:
    """What was read of a run's events.

    Attributes:
        file: How far it was read.
        last: The last event's name.
        process: Which opened the run last.
        epochs: How many there will be.
        accuracies: On the validation pictures after each epoch, if there were any.
    """

    file: EventFile
    last: str = ""
    process: int | None = None
    epochs: int = 0
    accuracies: list[float | None] = field(default_factory=list[float | None])

    def read_on(self) -> None:
        """Read what has been added; what no process of ours wrote is passed over."""
        for _, event in self.file.news():
            self.last = event["event"]
            match event:
                case {"event": "Opened", "process": int(process)} if 0 < process < _MOST_PROCESSES:
                    self.process = process
                case {
                    "event": "EpochDone",
                    "epoch": int(epoch),
                    "epochs": int(epochs),
                    "validation_accuracy_fraction": None | float() | int() as accuracy,
                } if 0 < epoch <= epochs <= _MOST_EPOCHS and 0 <= (accuracy or 0) <= 1:
                    self.accuracies[epoch - 1 :] = [accuracy]  # a resumed run repeats some epochs
                    self.epochs = epochs
                case _:
                    pass

    def forecast(self) -> Forecast | None:
        """What to expect at the end; None after it, and where no pictures are set aside."""
        known = [one for one in self.accuracies if one is not None]
        return forecast(known, self.epochs) if len(known) == len(self.accuracies) < self.epochs else None


class Runs:
    """The runs of a home.

    Args:
        home: The home.
    """

    def __init__(self, home: Home) -> None:
        self._home = home
        self._started: dict[str, subprocess.Popen[bytes]] = {}
        self._lock = threading.Lock()
        self._seen: dict[str, _Seen] = {}
        self._reading = threading.Lock()

    def all(self) -> list[Run]:
        """Every run, as it is now."""
        return [self._look(name) for name in self._names()]

    def look(self, name: str) -> Run:
        """One run as it is now.

        Raises:
            RequestError: 404: there is no run of that name.
        """
        return self._look(self._known(name))

    def snapshots(self, name: str) -> dict[int, Path]:
        """The networks that were kept of a run, by the epoch after which they are.

        Raises:
            RequestError: 404: there is no run of that name.
        """
        files = (self._home.runs / self._known(name) / run_folder.SNAPSHOTS).glob("*.safetensors")
        return {int(file.stem): file for file in sorted(files) if file.stem.isdecimal()}

    def source(self, name: str) -> str:
        """What a run learns from, as `open_source` takes it.

        Raises:
            RequestError: 404: there is no run of that name.
            ConvscopeError: Neither its record nor its model can be read.
        """
        folder = self._home.runs / self._known(name)
        if (folder / run_folder.NAME).exists():
            return run_folder.read(folder).data
        return load(folder / run_folder.MODEL).receipt["data"]

    def standing(self) -> dict[str, str]:
        """A text for every run, by its name, which is another whenever there is news of the run."""
        return {name: f"{self._state(name)} {self._read(name).file.place}" for name in self._names()}

    def news(self, name: str, after: int) -> News:
        """What is new of a run.

        Args:
            name: Of the run.
            after: How far its events are known.

        Raises:
            RequestError: 404: there is no run of that name.
        """
        run = self.look(name)  # before the events: it is never ahead of them
        file = EventFile(self._events(name), after)
        events = [event for _, event in file.news()]
        return News(run=run, forecast=self._read(name).forecast(), events=events, place=file.place)

    def start(self, name: str, data: str, settings: Settings) -> Run:
        """Start a run.

        Args:
            name: What to call it, fit for a folder; a number is added if it is taken.
            data: What is learned from, as `open_source` takes it.
            settings: What was said; only network, size and epochs are.
        """
        with self._lock:
            name = free_name(name, self._home.runs)
            folder = self._home.runs / name
            folder.mkdir()
            options = ["--keep-epochs", f"--output={folder}"]
            if settings.network is not None:
                options.append(f"--network={settings.network}")
            if settings.size is not None:
                options.append(f"--size={settings.size[0]}x{settings.size[1]}")
            if settings.epochs is not None:
                options.append(f"--epochs={settings.epochs}")
            self._spawn(name, [*options, "--", data])
        return self._look(name)

    def resume(self, name: str) -> Run:
        """Go on with a run that was paused or interrupted.

        Raises:
            RequestError: 404: there is none of that name; 409: it is in another state.
        """
        with self._lock:
            run = self.look(name)
            if run.state not in {"paused", "interrupted"}:
                raise _not_now(run, "resumed")
            self._spawn(run.name, [f"--resume={self._home.runs / run.name}"])
        return self._look(run.name)

    def pause(self, name: str) -> Run:
        """Ask a run to write a checkpoint and end its process, as Ctrl-C does.

        Raises:
            RequestError: 404: there is none of that name; 409: it does not run.
        """
        run = self.look(name)
        process = self._worker(run.name)
        if process is None:
            raise _not_now(run, "paused")
        os.kill(process, signal.SIGINT)
        return self._look(run.name)

    def remove(self, name: str) -> None:
        """Remove a run that is not at work, with all that it wrote.

        Raises:
            RequestError: 404: there is none of that name; 409: it is at work.
        """
        with self._lock:
            run = self.look(name)
            if run.state in _AT_WORK:
                raise _not_now(run, "removed")
            shutil.rmtree(self._home.runs / run.name, ignore_errors=True)
            self._log(run.name).unlink(missing_ok=True)
            self._seen.pop(run.name, None)

    def _spawn(self, name: str, arguments: list[str]) -> None:
        with self._log(name).open("wb") as log:
            self._started[name] = subprocess.Popen(  # noqa: S603 - a command of ours, and no shell
                [sys.executable, "-m", "convscope", "train", "--quiet", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C, meant for the studio, does not reach it
            )

    def _look(self, name: str) -> Run:
        state, seen = self._state(name), self._read(name)
        return Run(
            name=name,
            state=state,
            said=self._said(name) if state in _SAYS_WHY else "",
            epoch=len(seen.accuracies),
            epochs=seen.epochs,
            validation_accuracy_fraction=seen.accuracies[-1] if seen.accuracies else None,
            test_accuracy_fraction=self._test_accuracy(name) if state == "finished" else None,
        )

    def _test_accuracy(self, name: str) -> float | None:
        try:
            measured = strict_json.parse((self._home.runs / name / _METRICS).read_bytes())
        except (OSError, ValueError):
            return None
        match measured:
            case {"test": {"accuracy_fraction": int() | float() as accuracy}} if 0 <= accuracy <= 1:
                return accuracy
            case _:
                return None

    def _state(self, name: str) -> State:
        folder = self._home.runs / name
        started = self._started.get(name)
        is_alive = started is not None and started.poll() is None
        if self._worker(name) is not None:
            return "running"
        if is_alive:
            return "starting"
        if (folder / run_folder.NAME).exists():
            return "paused" if self._read(name).last == "Stopped" else "interrupted"
        return "finished" if (folder / run_folder.MODEL).exists() else "failed"

    def _worker(self, name: str) -> int | None:
        """The process that works in a run's folder, if one does: it is alive, and the folder is locked."""
        opened = self._read(name).process
        if opened is None or not _is_alive(opened):
            return None
        try:
            with locked(self._home.runs / name):
                return None
        except BlockingIOError:
            return opened
        except OSError:
            return None

    def _read(self, name: str) -> _Seen:
        with self._reading:
            seen = self._seen.setdefault(name, _Seen(EventFile(self._events(name))))
            seen.read_on()
            return seen

    def _events(self, name: str) -> Path:
        return self._home.runs / name / run_folder.EVENTS

    def _names(self) -> list[str]:
        return sorted(
            (entry.name for entry in self._home.runs.iterdir() if entry.is_dir()), key=natural_order
        )

    def _known(self, name: str) -> str:
        if name in self._names():
            return name
        raise RequestError(
            f"there is no run {printable(name)[:64]}", status=404, remedy="look at the list of runs"
        )

    def _said(self, name: str) -> str:
        try:
            said = self._log(name).read_text("utf-8", "replace")
        except OSError:
            return ""
        return said.strip()[-_MOST_SAID:]

    def _log(self, name: str) -> Path:
        return self._home.logs / f"{name}.log"


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # somebody else's
    return True


def _not_now(run: Run, what: str) -> RequestError:
    return RequestError(f"the run {run.name} cannot be {what} now", status=409, why=f"it is {run.state}")
