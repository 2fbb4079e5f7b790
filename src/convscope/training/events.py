"""What happens while a network is trained, as values.

The loop says what happens and to whom is not its business: the terminal, the CSV log, the event log and
TensorBoard are listeners, plain callables that take an event. All durations are in seconds, all shares
between 0 and 1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Preparing:
    """So many pictures of the source are decoded into the store."""

    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Started:
    """Training begins; `plan` says in a few (title, text) lines what was found and chosen."""

    run: Path
    plan: tuple[tuple[str, str], ...]
    epochs: int
    steps_per_epoch: int


@dataclass(frozen=True, slots=True)
class StepDone:
    """One batch was learned; loss and accuracy are running means over the epoch so far."""

    epoch: int
    epochs: int
    step: int
    steps: int
    loss: float
    accuracy_fraction: float
    pictures_per_second: float
    left_seconds: float


@dataclass(frozen=True, slots=True)
class EpochDone:
    """All training pictures were seen once more; validation figures are None without such pictures."""

    epoch: int
    epochs: int
    learning_rate: float
    train_loss: float
    train_accuracy_fraction: float
    validation_loss: float | None
    validation_accuracy_fraction: float | None
    pictures_per_second: float
    elapsed_seconds: float
    left_seconds: float


@dataclass(frozen=True, slots=True)
class Note:
    """Something a person should know, as one sentence."""

    text: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The model is written; `summary` holds the closing (title, text) lines."""

    run: Path
    model: Path
    summary: tuple[tuple[str, str], ...]
    elapsed_seconds: float


@dataclass(frozen=True, slots=True)
class Stopped:
    """Training was stopped by a person after `epoch` whole epochs; `convscope train --resume RUN` goes on.

    `epochs` is 0 where that was before the pictures were prepared.
    """

    run: Path
    epoch: int
    epochs: int


Event = Preparing | Started | StepDone | EpochDone | Note | Finished | Stopped
Listener = Callable[[Event], None]


def emit(event: Event, listeners: Iterable[Listener]) -> None:
    """Let every listener know."""
    for listener in listeners:
        listener(event)
