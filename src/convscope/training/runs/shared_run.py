"""A run of several processes: the first one owns the folder and sends the others what they need.

torchrun restarts all processes with the same command when one is lost, so the run folder may already exist.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from convscope.classifier import Classifier
from convscope.errors import ConvscopeError, RunError
from convscope.model.file import from_bytes, load
from convscope.pictures.sources.opening import name_of
from convscope.training.events import Note, emit
from convscope.training.run_files import MODEL, RECORD
from convscope.training.runs import run_folder

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from pathlib import Path

    from convscope.training.events import Listener
    from convscope.training.group import Group
    from convscope.training.runs.run_folder import Record


@contextmanager
def opened(run: Path, group: Group, given: Record | None) -> Generator[Record]:
    """Open the folder of a run.

    Args:
        run: The run folder.
        group: The processes.
        given: The record of a new run; None to resume.

    Yields:
        The run's record, the same in all processes.

    Raises:
        RunError: The folder contains something else, another process uses it, or it cannot be created.
    """
    if not group.is_first:
        yield run_folder.from_json(group.broadcast_text(""))
        return
    with _resumed(run, group, given) if _is_resumed(run, group, given) else _new(run, given) as record:
        group.broadcast_text(run_folder.to_json(record))
        yield record


def has_finished(run: Path, group: Group) -> bool:
    """Whether torchrun has repeated the command of a finished run; the same in all processes.

    A process that is lost while exiting is restarted like any other, together with all others.
    """
    return group.rank.restartable and group.any(group.is_first and run_folder.has_finished(run))


def finished_classifier(
    run: Path, group: Group, listeners: Sequence[Listener], given: Record | None = None
) -> Classifier:
    """Return the classifier of a finished run, in all processes.

    Args:
        run: The run folder.
        group: The processes.
        listeners: Called with each event, in the first process only.
        given: The record from the command; None if it resumes.

    Raises:
        RunError: The folder contains another run.
        ModelFileError: Its model is damaged.
    """
    if not group.is_first:
        return Classifier(from_bytes(group.broadcast_bytes(b"")))
    path = run / MODEL
    model = load(path)
    if given:
        try:
            record = run_folder.from_receipt(model.receipt)
        except (ValueError, ConvscopeError) as error:
            raise _another(run, "the receipt of its model cannot be read") from error
        _check_same(run, record, replace(given, data=name_of(given.data)))
    group.broadcast_bytes(path.read_bytes())
    emit(Note(f"this run has already finished: {path} is its model"), listeners)
    return Classifier(model)


def sent_to_all(run: Path, group: Group, classifier: Classifier | None) -> Classifier:
    """Return, in all processes, the classifier of a run that the first process did alone.

    Args:
        run: The run folder.
        group: The processes; all others wait, however long it takes.
        classifier: The classifier in the first process; None in the others.
    """
    group.barrier()
    model = group.broadcast_bytes((run / MODEL).read_bytes() if classifier else b"")
    return classifier or Classifier(from_bytes(model))


def _is_resumed(run: Path, group: Group, given: Record | None) -> bool:
    return given is None or (group.rank.restartable and (run / RECORD).is_file())


@contextmanager
def _new(run: Path, record: Record | None) -> Generator[Record]:
    assert record  # noqa: S101  # otherwise it is resumed
    with run_folder.new_folder(run):
        run_folder.write(run, record)
        yield record


@contextmanager
def _resumed(run: Path, group: Group, given: Record | None) -> Generator[Record]:
    """Lock the folder again, and record a change of the number of processes."""
    with run_folder.stopped_folder(run) as record:
        if given:
            _check_same(run, record, given)
        elif not record.data:
            raise RunError(
                f"cannot resume {run}", why="its pictures were arrays, which are gone", remedy="train again"
            )
        if group.rank.size == record.processes[-1]:
            yield record
            return
        changed = replace(record, processes=(*record.processes, group.rank.size))
        run_folder.write(run, changed)
        yield changed


def _check_same(run: Path, record: Record, given: Record) -> None:
    """Raise if the folder contains another run; the number of processes and `keep_epochs` may differ."""
    threads = given.threads or record.threads
    if (record.data, record.settings, record.threads) != (given.data, given.settings, threads):
        raise _another(run, "its pictures, settings or number of threads differ")


def _another(run: Path, why: str) -> RunError:
    return RunError(f"the run's folder {run} contains another run", why=why, remedy="name a new one")
