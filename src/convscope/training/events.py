"""The events of a training.

The training loop emits events without knowing the listeners: terminal output, CSV log, event log and
TensorBoard are listeners, plain callables that take an event. All durations are in seconds, all fractions
between 0 and 1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Preparing:
    """Progress before training: `task` is done for `done` of `total` pictures."""

    done: int
    total: int
    task: str = "preparing"


@dataclass(frozen=True, slots=True)
class Started:
    """Training starts; `plan` describes data and recipe in a few (title, text) lines."""

    run: Path
    plan: tuple[tuple[str, str], ...]
    epochs: int
    steps_per_epoch: int


@dataclass(frozen=True, slots=True)
class StepDone:
    """A training step is done; loss and accuracy are means over the epoch so far.

    The remaining time is None while it is unknown.
    """

    epoch: int
    epochs: int
    step: int
    steps: int
    loss: float
    accuracy_fraction: float
    pictures_per_second: float
    remaining_seconds: float | None


@dataclass(frozen=True, slots=True)
class EpochDone:
    """An epoch is done; validation figures are None if there is no validation set."""

    epoch: int
    epochs: int
    learning_rate: float
    train_loss: float
    train_accuracy_fraction: float
    validation_loss: float | None
    validation_accuracy_fraction: float | None
    pictures_per_second: float
    elapsed_seconds: float
    remaining_seconds: float | None


@dataclass(frozen=True, slots=True)
class Note:
    """A message for the user, as one sentence."""

    text: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The model is written; `summary` describes the result in a few (title, text) lines."""

    run: Path
    model: Path
    summary: tuple[tuple[str, str], ...]
    elapsed_seconds: float


@dataclass(frozen=True, slots=True)
class Stopped:
    """The user stopped training after `epoch` complete epochs; `convscope train --resume RUN` continues it.

    `epochs` is 0 if preparation was not finished.
    """

    run: Path
    epoch: int
    epochs: int


Event = Preparing | Started | StepDone | EpochDone | Note | Finished | Stopped
Listener = Callable[[Event], None]


def emit(event: Event, listeners: Iterable[Listener]) -> None:
    """Pass an event to every listener."""
    for listener in listeners:
        listener(event)


def preparing(listeners: Sequence[Listener]) -> Callable[[int, int], None]:
    """Return a function that takes (pictures done, pictures in all) and passes them on as `Preparing`."""
    return lambda done, total: emit(Preparing(done, total), listeners)
