"""The run's folder where several processes train together, and torchrun gives them the same command again.

The first process has the folder, and tells the others what they need to know.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from convscope.classifier import Classifier
from convscope.errors import ConvscopeError, RunError
from convscope.model.file import from_bytes, load
from convscope.training.events import Note, emit
from convscope.training.runs import run_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from pathlib import Path

    from convscope.model.file import Model
    from convscope.training.distributed import Group
    from convscope.training.events import Listener
    from convscope.training.runs.run_folder import Origin


@contextmanager
def taken(run: Path, group: Group, describe: Callable[..., Origin]) -> Generator[Origin]:
    """Take the run's folder: a new one, or, where torchrun gives the same command again, the one it began.

    Args:
        run: The folder.
        group: The processes; this is the first one's business only.
        describe: Says where the run comes from, as the command tells; with `before=`, an earlier origin, what
            that run has found out is taken from it.

    Yields:
        Where the run came from.

    Raises:
        RunError: The folder holds something else, another process works in it, or it cannot be made.
    """
    if group.rank.restartable and (run / run_folder.NAME).is_file():
        with run_folder.taken_again(run) as before:
            _check_same(run, before, describe)
            yield gone_on_with(run, before, group)
    else:
        origin = replace(describe(), processes=(group.rank.size,))
        with run_folder.taken(run):
            run_folder.write(run, origin)
            yield origin


def gone_on_with(run: Path, before: Origin, group: Group) -> Origin:
    """Write down if another number of processes than before works on a run from now on."""
    if group.rank.size == before.processes[-1]:
        return before
    origin = replace(before, processes=(*before.processes, group.rank.size))
    run_folder.write(run, origin)
    return origin


def has_ended(run: Path, group: Group) -> bool:
    """Say, to all, whether torchrun gives the command of a run again that has come to its end.

    A process that is lost as it leaves is started again like any other, and the others with it.
    """
    return group.rank.restartable and group.any(group.is_first and run_folder.has_ended(run))


def found(
    run: Path, group: Group, listeners: Sequence[Listener], describe: Callable[..., Origin] | None = None
) -> Classifier:
    """Give all processes the classifier of a run that has come to its end.

    Args:
        run: Its folder.
        group: The processes.
        listeners: Who is told; the first one's business only.
        describe: As `taken` takes it; None where the command tells nothing but the folder.

    Raises:
        RunError: The folder holds a run of something else.
        ModelFileError: Its model is damaged.
    """
    if not group.is_first:
        return Classifier(from_bytes(group.send(b"")))
    path = run / run_folder.MODEL
    model = load(path)
    if describe:
        _check_same(run, _origin_of(model, run), describe)
    group.send(path.read_bytes())
    emit(Note(f"this run has come to its end already: {path} is its model"), listeners)
    return Classifier(model)


def tell(group: Group, origin: Origin) -> None:
    """Tell the others where the run comes from."""
    group.say(run_folder.to_json(origin))


def told(group: Group) -> Origin:
    """Hear from the first process where the run comes from."""
    return run_folder.from_json(group.say(""))


def _origin_of(model: Model, run: Path) -> Origin:
    try:
        return run_folder.from_receipt(model.receipt)
    except (ValueError, ConvscopeError) as error:
        raise _another(run, "the receipt of its model cannot be read") from error


def _check_same(run: Path, before: Origin, describe: Callable[..., Origin]) -> None:
    """Refuse a folder whose run is another; how many processes there were, and what was kept, may differ."""
    given = replace(describe(before=before), processes=before.processes, snapshots=before.snapshots)
    if given != before:
        raise _another(run, "its pictures, settings or number of threads are not those given")


def _another(run: Path, why: str) -> RunError:
    return RunError(f"the run's folder {run} holds another run", why=why, remedy="name a new one")
