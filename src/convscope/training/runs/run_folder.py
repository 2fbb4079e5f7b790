"""The folder of a run: one process at a time uses it, and the run can be resumed from the start on.

RUN/run.json holds the run's record: pictures, settings and machine. It is the first file in the folder and is
removed when the run has finished: a folder with it holds an unfinished run, whatever else is there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping  # noqa: TC003 - pydantic looks it up
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, TypeAdapter

from convscope.common.atomic import replacing, sweep
from convscope.common.locking import locked
from convscope.common.printable import printable
from convscope.errors import ConvscopeError, RunError
from convscope.training.machine.machine import Machine  # pydantic looks it up
from convscope.training.run_files import EVENTS, METRICS, MODEL, RECORD
from convscope.training.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

_FORMAT = "2"
_MOST_BYTES = 2**20


@dataclass(frozen=True, slots=True)
class Record:
    """All that a run is made from.

    Attributes:
        data: The source as it was given, absolute if it is a path; empty for arrays.
        settings: What the person chose.
        threads: Computing threads per process; the last bits of the weights depend on it. None until PyTorch
            computes, unless a person chose it.
        keep_epochs: Whether the network is kept after each epoch.
        processes: How many train together; resuming with another number appends it.
        machine: What was measured on the machine; None until then.
        start: Where learning starts; None until that is decided.
        start_receipt: What the receipt says about the weights that learning starts from.
    """

    data: str
    settings: Settings
    threads: Annotated[int, Field(ge=1, le=1024)] | None
    keep_epochs: bool = False
    processes: Annotated[tuple[Annotated[int, Field(ge=1)], ...], Field(min_length=1)] = (1,)
    machine: Machine | None = None
    start: str | None = None
    start_receipt: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class _File:
    format: str
    run: Record


@dataclass(frozen=True, slots=True)
class _Metrics:
    """What is read back of a finished run's metrics."""

    data: str


_FILE = TypeAdapter(_File)
_METRICS = TypeAdapter(_Metrics)
_RECORD = TypeAdapter(Record)
_SETTINGS = TypeAdapter(Settings)
_MACHINE = TypeAdapter(Machine)


@contextmanager
def new_folder(run: Path) -> Generator[None]:
    """Make or take a new or empty folder for a run; leave nothing behind if the run cannot even begin.

    A run begins with its first checkpoint. An error before that leaves no folder behind; a run that is
    stopped or killed before that does, for it can be resumed.

    Raises:
        RunError: The folder holds something, another process works in it, or it cannot be made.
    """
    missing = [folder for folder in (run, *run.parents) if not folder.exists()]
    try:
        run.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        if run.exists():
            raise _exists(run) from error
        raise RunError(f"cannot make the run's folder {run}", why=error.strerror or str(error)) from error
    with _locked(run):
        sweep(run)  # a process may have been killed as it wrote its first file
        if any(run.iterdir()):
            raise _exists(run)
        try:
            yield
        except ConvscopeError:
            if {entry.name for entry in run.iterdir()} <= {RECORD, EVENTS}:
                for name in (RECORD, EVENTS):
                    (run / name).unlink(missing_ok=True)
            for folder in missing:
                with suppress(OSError):  # it is not empty
                    folder.rmdir()
            raise


@contextmanager
def stopped_folder(run: Path) -> Generator[Record]:
    """Take the folder of a run that was stopped or killed.

    Yields:
        Its record.

    Raises:
        RunError: There is no such run, another process works in it, or its record cannot be read.
    """
    if not (run / RECORD).is_file():
        raise _nothing_to_resume(run)
    with _locked(run):
        record = read(run)
        for folder in (run, *(entry for entry in run.iterdir() if entry.is_dir())):
            sweep(folder)
        yield record


def write(run: Path, record: Record) -> None:
    """Write a run's record.

    Raises:
        ConvscopeError: The file cannot be written.
    """
    with replacing(run / RECORD) as file:
        file.write(to_json(record).encode())


def to_json(record: Record) -> str:
    """Write a record as JSON."""
    return json.dumps(asdict(_File(_FORMAT, record)), indent=2)


def from_json(text: str | bytes) -> Record:
    """Read a record from JSON.

    Raises:
        ValueError: It is no record.
        ConvscopeError: A setting is impossible.
    """
    file = _FILE.validate_json(text)
    if file.format != _FORMAT:
        raise ValueError(f"its format is {file.format}, not {_FORMAT}")
    return file.run


def from_receipt(receipt: Mapping[str, str]) -> Record:
    """Read the record of a run from its model's receipt, which does not say whether epochs were kept.

    Raises:
        ValueError: It is damaged or old.
        ConvscopeError: A setting is impossible.
    """
    measured = set[str]() if "start_digest" in receipt else {"resolved"}  # a head needs no measurement
    if missing := {"data", "settings", "threads", *measured} - receipt.keys():
        raise ValueError(f"it has no {', '.join(sorted(missing))}")
    return _RECORD.validate_python(
        {
            "data": receipt["data"],
            "settings": _SETTINGS.validate_json(receipt["settings"]),
            "threads": receipt["threads"],
            "processes": receipt.get("processes", "1").split(","),
            "machine": _MACHINE.validate_json(receipt["resolved"]) if measured else None,
            "start": receipt.get("start"),
        }
    )


def has_finished(run: Path) -> bool:
    """Whether the run has finished and its model is written."""
    return (run / MODEL).is_file() and not (run / RECORD).exists()


def read(run: Path) -> Record:
    """Read a run's record.

    Raises:
        RunError: The record is gone, or cannot be read.
    """
    path = run / RECORD
    try:
        with path.open("rb") as file:
            return from_json(file.read(_MOST_BYTES))
    except FileNotFoundError as error:  # the run finished while we waited for its lock
        raise _nothing_to_resume(run) from error
    except (ValueError, OSError) as error:  # pydantic's are ValueErrors
        raise _unusable(run, printable(str(error).splitlines()[-1])) from error


def finish(run: Path) -> None:
    """Mark the run as finished."""
    (run / RECORD).unlink()


def data_of(run: Path) -> str:
    """Return where the pictures of a run lie, by its record or its metrics; "" if neither says so.

    The model's receipt has no more than their name, as models are given away.

    Raises:
        RunError: The record cannot be read.
    """
    if (run / RECORD).exists():
        return read(run).data
    try:
        return _METRICS.validate_json((run / METRICS).read_bytes()).data
    except (OSError, ValueError):
        return ""


@contextmanager
def _locked(run: Path) -> Generator[None]:
    with ExitStack() as stack:
        try:
            stack.enter_context(locked(run))
        except BlockingIOError as error:
            raise RunError(
                f"another process is using the run's folder {run}",
                remedy="wait until it has finished, or name another folder",
            ) from error
        except OSError as error:
            raise RunError(f"cannot open the run's folder {run}", why=error.strerror or str(error)) from error
        yield


def _exists(run: Path) -> RunError:
    return RunError(
        f"the run's folder {run} exists already",
        why="a run never overwrites anything",
        remedy="name a new one",
    )


def _nothing_to_resume(run: Path) -> RunError:
    finished = has_finished(run)
    return RunError(
        f"there is no stopped run in {run}",
        why="it has finished and its model was written" if finished else f"it has no {RECORD}",
        remedy="use the model, or train anew" if finished else "name the folder that train wrote",
    )


def _unusable(run: Path, why: str) -> RunError:
    return RunError(f"cannot resume from {run / RECORD}", why=why, remedy="train anew")
