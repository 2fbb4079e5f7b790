"""The run folder: it is used by one process at a time, and the run can be resumed from its very start.

RUN/run.json holds the run's record: pictures, settings and machine. It is the first file in the folder and is
removed when the run has finished: a folder that contains it is an unfinished run.
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
from convscope.training.machine.machine import Machine  # resolved by pydantic at runtime
from convscope.training.run_files import CHECKPOINTS, EVENTS, METRICS, MODEL, RECORD
from convscope.training.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

_FORMAT = "2"
_MOST_BYTES = 2**20


@dataclass(frozen=True, slots=True)
class Record:
    """The inputs of a run.

    Attributes:
        data: The source as given, absolute if it is a path; empty for arrays.
        settings: The user's settings.
        threads: Compute threads per process; the last bits of the weights depend on it. None until PyTorch is
            used, unless set by the user.
        keep_epochs: Whether to keep the network of each epoch.
        processes: Number of processes; resuming with a different number appends it.
        machine: Measurements of the machine; None until they are made.
        start: Where training starts; None until it is decided.
        start_receipt: Entries of the receipt about the weights that training starts from.
        is_kept: Whether the run folder outlives the run; otherwise it gets neither figures nor ONNX graph.
    """

    data: str
    settings: Settings
    threads: Annotated[int, Field(ge=1, le=1024)] | None
    keep_epochs: bool = False
    processes: Annotated[tuple[Annotated[int, Field(ge=1)], ...], Field(min_length=1)] = (1,)
    machine: Machine | None = None
    start: str | None = None
    start_receipt: Mapping[str, str] = field(default_factory=dict[str, str])
    is_kept: bool = True


@dataclass(frozen=True, slots=True)
class _File:
    format: str
    run: Record


@dataclass(frozen=True, slots=True)
class _Metrics:
    """The part of a finished run's metrics that is read again."""

    data: str


_FILE = TypeAdapter(_File)
_METRICS = TypeAdapter(_Metrics)
_RECORD = TypeAdapter(Record)
_SETTINGS = TypeAdapter(Settings)
_MACHINE = TypeAdapter(Machine)


@contextmanager
def new_folder(run: Path) -> Generator[None]:
    """Create and lock a run folder; leave nothing behind if the run fails before its first checkpoint.

    The folder may exist if it is empty. An error before the first checkpoint removes it; a run that is
    stopped or killed before keeps it, because it can be resumed.

    Raises:
        RunError: The folder is not empty, another process uses it, or it cannot be created.
    """
    missing = [folder for folder in (run, *run.parents) if not folder.exists()]
    try:
        run.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        if run.exists():
            raise _exists(run) from error
        raise RunError(f"cannot make the run's folder {run}", why=error.strerror or str(error)) from error
    with _locked(run):
        sweep(run)  # a process may have been killed while writing its first file
        if any(run.iterdir()):
            raise _exists(run)
        try:
            yield
        except ConvscopeError:
            if {entry.name for entry in run.iterdir()} <= {RECORD, EVENTS}:
                for name in (RECORD, EVENTS):
                    (run / name).unlink(missing_ok=True)
            for folder in missing:
                with suppress(OSError):  # not empty
                    folder.rmdir()
            raise


@contextmanager
def stopped_folder(run: Path) -> Generator[Record]:
    """Lock the folder of a run that was stopped or killed.

    Yields:
        The run's record.

    Raises:
        RunError: There is no such run, another process uses it, or its record cannot be read.
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
        ValueError: It is not a record.
        ConvscopeError: A setting is invalid.
    """
    file = _FILE.validate_json(text)
    if file.format != _FORMAT:
        raise ValueError(f"its format is {file.format}, not {_FORMAT}")
    return file.run


def from_receipt(receipt: Mapping[str, str]) -> Record:
    """Read the record of a run from its model's receipt, which lacks `keep_epochs` and `is_kept`.

    Raises:
        ValueError: It is damaged or too old.
        ConvscopeError: A setting is invalid.
    """
    measured = set[str]() if "start_digest" in receipt else {"resolved"}  # a head needs no measurements
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
        RunError: The record is missing or cannot be read.
    """
    path = run / RECORD
    try:
        with path.open("rb") as file:
            return from_json(file.read(_MOST_BYTES))
    except FileNotFoundError as error:  # the run has finished while waiting for its lock
        raise _nothing_to_resume(run) from error
    except (ValueError, OSError) as error:  # pydantic's errors are ValueErrors
        raise _unusable(run, printable(str(error).splitlines()[-1])) from error


def finish(run: Path) -> None:
    """Mark the run as finished, and remove what it could have been resumed from."""
    (run / RECORD).unlink()
    remove_checkpoints(run)


def remove_checkpoints(run: Path) -> None:
    """Remove the checkpoints, if there are any."""
    for name in CHECKPOINTS:
        (run / name).unlink(missing_ok=True)


def data_of(run: Path) -> str:
    """Return the location of a run's pictures, from its record or its metrics; "" if it is in neither.

    The receipt only has the name of the source, because models are passed on.

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
