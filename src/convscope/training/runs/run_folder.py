"""The run's folder: taken by one training at a time, and able to go on from its first moment.

RUN/run.json   where the run came from: pictures and settings

It is the first file in the folder, and goes when the run has come to its end: a folder with it holds an
unfinished run, whatever else is there.
"""

from __future__ import annotations

import json
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, TypeAdapter

from convscope.common.atomic import replacing, sweep
from convscope.common.locking import locked
from convscope.common.printable import printable
from convscope.errors import ConvscopeError, RunError
from convscope.training.recipe import Settings

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from pathlib import Path

NAME = "run.json"
MODEL = "model.safetensors"
EVENTS = "events.jsonl"
SNAPSHOTS = "epochs"
_FORMAT = "1"
_MOST_BYTES = 2**20


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a run came from.

    Attributes:
        data: The source as it was given, made absolute where it is a path; empty for arrays.
        settings: What the person said, the precision settled.
        threads: How many compute: with another number the last bits are others.
        snapshots: Whether the network is kept after each epoch.
        processes: How many train together; one more number each time that the run goes on with another.
    """

    data: str
    settings: Settings
    threads: Annotated[int, Field(ge=1, le=1024)]
    snapshots: bool = False
    processes: Annotated[tuple[Annotated[int, Field(ge=1)], ...], Field(min_length=1)] = (1,)


@dataclass(frozen=True, slots=True)
class _Record:
    format: str
    origin: Origin


_RECORD = TypeAdapter(_Record)
_ORIGIN = TypeAdapter(Origin)
_SETTINGS = TypeAdapter(Settings)


@contextmanager
def taken(run: Path) -> Generator[None]:
    """Take a new or empty folder for a run, and leave nothing behind if the run cannot even begin.

    A run begins when it has a checkpoint. What fails before leaves no folder behind; what is stopped or
    killed before does, for it can go on.

    Raises:
        RunError: The folder holds something, another process works in it, or it cannot be made.
    """
    missing = [folder for folder in (run, *run.parents) if not folder.exists()]
    try:
        run.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        if run.exists():
            raise _used(run) from error
        raise RunError(f"cannot make the run's folder {run}", why=error.strerror or str(error)) from error
    with _locked(run):
        sweep(run)  # a process may have been killed as it wrote its first file
        if any(run.iterdir()):
            raise _used(run)
        try:
            yield
        except ConvscopeError:
            if {entry.name for entry in run.iterdir()} <= {NAME, EVENTS}:
                for name in (NAME, EVENTS):
                    (run / name).unlink(missing_ok=True)
            for folder in missing:
                with suppress(OSError):  # something is in it
                    folder.rmdir()
            raise


@contextmanager
def taken_again(run: Path) -> Generator[Origin]:
    """Take the folder of a run that was stopped or killed.

    Yields:
        Where the run came from.

    Raises:
        RunError: There is no such run, another process works in it, or its record cannot be read.
    """
    if not (run / NAME).is_file():
        raise _nothing_to_resume(run)
    with _locked(run):
        origin = read(run)
        for folder in (run, *(entry for entry in run.iterdir() if entry.is_dir())):
            sweep(folder)
        yield origin


def write(run: Path, origin: Origin) -> None:
    """Write down where a run comes from.

    Raises:
        ConvscopeError: The file cannot be written.
    """
    with replacing(run / NAME) as file:
        file.write(to_json(origin).encode())


def to_json(origin: Origin) -> str:
    """Write where a run comes from as JSON."""
    return json.dumps(asdict(_Record(_FORMAT, origin)), indent=2)


def from_json(text: str | bytes) -> Origin:
    """Read what `to_json` wrote.

    Raises:
        ValueError: It is not that.
        ConvscopeError: A setting is impossible.
    """
    record = _RECORD.validate_json(text)
    if record.format != _FORMAT:
        raise ValueError(f"its format is another than {_FORMAT}")
    record.origin.settings.check()
    return record.origin


def from_receipt(receipt: Mapping[str, str]) -> Origin:
    """Read from a model's receipt where its run came from, but whether networks were kept: it does not say.

    Raises:
        ValueError: It is damaged or old.
        ConvscopeError: A setting is impossible.
    """
    if missing := {"data", "settings", "threads"} - receipt.keys():
        raise ValueError(f"it does not tell {', '.join(sorted(missing))}")
    origin = _ORIGIN.validate_python(
        {
            "data": receipt["data"],
            "settings": _SETTINGS.validate_json(receipt["settings"]),
            "threads": receipt["threads"],
            "processes": receipt.get("processes", "1").split(","),
        }
    )
    origin.settings.check()
    return origin


def has_ended(run: Path) -> bool:
    """Say whether a run has come to its end, and its model is written."""
    return (run / MODEL).is_file() and not (run / NAME).exists()


def read(run: Path) -> Origin:
    """Read where a run came from.

    Raises:
        RunError: The record is gone, or cannot be read.
    """
    path = run / NAME
    try:
        with path.open("rb") as file:
            return from_json(file.read(_MOST_BYTES))
    except FileNotFoundError as error:  # it came to its end while we waited for it
        raise _nothing_to_resume(run) from error
    except (ValueError, OSError) as error:  # pydantic's are ValueErrors
        raise _unusable(run, printable(str(error).splitlines()[-1])) from error


def end(run: Path) -> None:
    """Say that the run has come to its end: nothing is left to go on with."""
    (run / NAME).unlink()


@contextmanager
def _locked(run: Path) -> Generator[None]:
    with ExitStack() as stack:
        try:
            stack.enter_context(locked(run))
        except BlockingIOError as error:
            raise RunError(
                f"another process works in the run's folder {run}",
                remedy="wait for its end, or name another folder",
            ) from error
        except OSError as error:
            raise RunError(f"cannot open the run's folder {run}", why=error.strerror or str(error)) from error
        yield


def _used(run: Path) -> RunError:
    return RunError(
        f"the run's folder {run} exists already",
        why="a run never overwrites anything",
        remedy="name a new one",
    )


def _nothing_to_resume(run: Path) -> RunError:
    ended = has_ended(run)
    return RunError(
        f"there is no stopped run in {run}",
        why="it has come to its end, and the model is written" if ended else f"it has no {NAME}",
        remedy="use the model, or train anew" if ended else "name the folder that train wrote",
    )


def _unusable(run: Path, why: str) -> RunError:
    return RunError(f"cannot go on with {run / NAME}", why=why, remedy="train anew")
