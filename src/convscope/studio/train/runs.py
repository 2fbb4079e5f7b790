"""Training runs, each in its own process: start, follow, pause and resume them.

The whole state of a run is read from the disk, so that a restarted studio knows as much as before. A run may
also be started or resumed by `convscope train` in a terminal.
"""

from __future__ import annotations

import shutil
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, Field

from convscope.common import strict_json
from convscope.common.locking import locked
from convscope.common.printable import printable
from convscope.common.processes import interrupt, is_alive
from convscope.errors import RequestError
from convscope.pictures.naming import natural_order
from convscope.studio.event_file import EventFile
from convscope.studio.studio_folder import free_name
from convscope.training import run_files
from convscope.training.runs import run_folder
from convscope.training.settings import options

if TYPE_CHECKING:
    from pathlib import Path

    from convscope.studio.jobs import Jobs
    from convscope.studio.studio_folder import StudioFolder
    from convscope.training.settings import Settings

RunState = Literal["starting", "running", "paused", "interrupted", "failed", "finished"]
_MOST_EPOCHS = 100_000
_MOST_PROCESSES = 2**31
_BUSY = {"starting", "running"}
_WITH_ERROR = {"interrupted", "failed"}


class Run(BaseModel):
    """The current state of a run."""

    name: str = Field(examples=["pets-2"])
    state: RunState = Field(
        description="Interrupted: the process was killed or failed, and can be resumed. "
        "Failed: training never began."
    )
    error: str = Field("", description="The end of the log, if the run was interrupted or failed.")
    epoch: int = Field(0, description="The number of epochs that are done.")
    epochs: int = Field(0, description="The number of epochs in all; 0 while that is not known.")
    validation_accuracy_fraction: float | None = Field(
        None, description="After the last epoch; null without validation pictures."
    )
    test_accuracy_fraction: float | None = Field(
        None, description="Of the finished model, on pictures it was not trained on."
    )


class RunEvents(BaseModel):
    """The events of a run since a position."""

    run: Run
    events: list[dict[str, Any]] = Field(description="As they stand in `events.jsonl`.")
    position: int = Field(description="Behind the last of them: where to go on next time.")


@dataclass(slots=True)
class _History:
    """The events of a run read so far.

    Attributes:
        file: The events.
        last: The name of the last event.
        process: The process that last opened the run.
        epochs: Total number of epochs.
        accuracies: Validation accuracy after each epoch, if there are validation pictures.
    """

    file: EventFile
    last: str = ""
    process: int | None = None
    epochs: int = 0
    accuracies: list[float | None] = field(default_factory=list[float | None])

    def read_on(self) -> None:
        """Read new events; invalid events are skipped."""
        for event in self.file.read():
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


class Runs:
    """The runs in the studio's folder.

    Args:
        folder: The studio's folder.
        jobs: The jobs that run their processes.
    """

    def __init__(self, folder: StudioFolder, jobs: Jobs) -> None:
        self._folder = folder.runs
        self._jobs = jobs
        self._changing = threading.Lock()
        self._histories: dict[str, _History] = {}
        self._reading = threading.Lock()

    def all(self) -> list[Run]:
        """Return the current state of all runs."""
        return [self._run(name) for name in self._names()]

    def find(self, name: str) -> Run:
        """Return the current state of a run.

        Raises:
            RequestError: 404: there is no run of that name.
        """
        return self._run(self._known(name))

    def snapshots(self, name: str) -> dict[int, Path]:
        """Return the stored networks of a run, by epoch.

        Raises:
            RequestError: 404: there is no run of that name.
        """
        files = (self._folder / self._known(name) / run_files.SNAPSHOTS).glob("*.safetensors")
        return {int(file.stem): file for file in sorted(files) if file.stem.isdecimal()}

    def data(self, name: str) -> str:
        """Return the location of a run's training pictures.

        Raises:
            RequestError: 404: there is no run of that name.
            RunError: Its record cannot be read.
        """
        return run_folder.data_of(self._folder / self._known(name))

    def revisions(self) -> dict[str, str]:
        """Return a text for every run, by name, that changes with every event of the run."""
        return {name: f"{self._state(name)} {self._history(name).file.position}" for name in self._names()}

    def events(self, name: str, after: int) -> RunEvents:
        """Return the events of a run.

        Args:
            name: Name of the run.
            after: Position up to which its events are known.

        Raises:
            RequestError: 404: there is no run of that name.
        """
        run = self.find(name)  # read before the events, so that it is never ahead of them
        file = EventFile(self._events_path(name), after)
        return RunEvents(run=run, events=file.read(), position=file.position)

    def start(self, name: str, data: str, settings: Settings) -> Run:
        """Start a run.

        Args:
            name: A valid folder name; a number is added if it is taken.
            data: The location of the pictures.
            settings: Training settings.
        """
        with self._changing:
            name = free_name(name, self._folder)
            folder = self._folder / name
            folder.mkdir()
            self._train(name, "--keep-epochs", f"--output={folder}", *options(settings), "--", data)
        return self._run(name)

    def resume(self, name: str) -> Run:
        """Resume a run that was paused or interrupted.

        Raises:
            RequestError: 404: there is no run of that name; 409: it is in another state.
        """
        with self._changing:
            run = self.find(name)
            if run.state not in {"paused", "interrupted"}:
                raise _not_now(run, "resumed")
            self._train(run.name, f"--resume={self._folder / run.name}")
        return self._run(run.name)

    def pause(self, name: str) -> Run:
        """Make a run write a checkpoint and end its process, like Ctrl-C.

        Raises:
            RequestError: 404: there is no run of that name; 409: it is not running.
        """
        run = self.find(name)
        process = self._process(run.name)
        if process is None:
            raise _not_now(run, "paused")
        interrupt(process)
        return self._run(run.name)

    def remove(self, name: str) -> None:
        """Remove a run that is not running, with everything it wrote.

        Raises:
            RequestError: 404: there is no run of that name; 409: it is running.
        """
        with self._changing:
            run = self.find(name)
            if run.state in _BUSY:
                raise _not_now(run, "removed")
            shutil.rmtree(self._folder / run.name, ignore_errors=True)
            self._jobs.remove(_job(run.name))
            self._histories.pop(run.name, None)

    def _train(self, name: str, *arguments: str) -> None:
        self._jobs.start(_job(name), "train", "--quiet", *arguments, detached=True)

    def _run(self, name: str) -> Run:
        state, history = self._state(name), self._history(name)
        return Run(
            name=name,
            state=state,
            error=self._jobs.log(_job(name)) if state in _WITH_ERROR else "",
            epoch=len(history.accuracies),
            epochs=history.epochs,
            validation_accuracy_fraction=history.accuracies[-1] if history.accuracies else None,
            test_accuracy_fraction=self._test_accuracy(name) if state == "finished" else None,
        )

    def _test_accuracy(self, name: str) -> float | None:
        try:
            metrics = strict_json.parse((self._folder / name / run_files.METRICS).read_bytes())
        except (OSError, ValueError):
            return None
        match metrics:
            case {"test": {"accuracy_fraction": int() | float() as accuracy}} if 0 <= accuracy <= 1:
                return accuracy
            case _:
                return None

    def _state(self, name: str) -> RunState:
        folder = self._folder / name
        is_started = self._jobs.is_running(_job(name))  # checked before looking for its process
        if self._process(name) is not None:
            return "running"
        if is_started:
            return "starting"
        if (folder / run_files.RECORD).exists():
            return "paused" if self._history(name).last == "Stopped" else "interrupted"
        return "finished" if (folder / run_files.MODEL).exists() else "failed"

    def _process(self, name: str) -> int | None:
        """Return the training process of a run, if any: it is alive, and the folder is locked."""
        process = self._history(name).process
        if process is None or not is_alive(process):
            return None
        try:
            with locked(self._folder / name):
                return None
        except BlockingIOError:
            return process
        except OSError:
            return None

    def _history(self, name: str) -> _History:
        with self._reading:
            history = self._histories.setdefault(name, _History(EventFile(self._events_path(name))))
            history.read_on()
            return history

    def _events_path(self, name: str) -> Path:
        return self._folder / name / run_files.EVENTS

    def _names(self) -> list[str]:
        return sorted((entry.name for entry in self._folder.iterdir() if entry.is_dir()), key=natural_order)

    def _known(self, name: str) -> str:
        if name in self._names():
            return name
        raise RequestError(
            f"there is no run {printable(name)[:64]}", status=404, remedy="choose one from the list of runs"
        )


def _job(name: str) -> str:
    return f"train-{name}"


def _not_now(run: Run, participle: str) -> RequestError:
    return RequestError(
        f"the run {run.name} cannot be {participle} now", status=409, why=f"it is {run.state}"
    )
