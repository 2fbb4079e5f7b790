"""The position and progress of a run."""

from __future__ import annotations

import math
from dataclasses import dataclass

from convscope.training.recipe import EARLY_FRACTION


@dataclass(frozen=True, slots=True)
class Position:
    """The state of a run, apart from its weights.

    Attributes:
        epochs: Total number of epochs.
        epoch: Number of completed epochs.
        step: Number of completed steps in the current epoch.
        elapsed_seconds: Time spent in the loop so far.
        flip: Whether pictures are flipped; None while undecided.
        loss_sum: Sum of the loss over the pictures of the current epoch.
        correct: Number of pictures of the current epoch that were classified correctly.
    """

    epochs: int
    epoch: int = 0
    step: int = 0
    elapsed_seconds: float = 0.0
    flip: bool | None = None
    loss_sum: float = 0.0
    correct: int = 0

    def is_within(self, steps: int) -> bool:
        """Whether its numbers are possible in epochs of so many steps."""
        return (
            0 <= self.epoch <= self.epochs
            and 0 <= self.step <= steps
            and 0 <= self.elapsed_seconds < math.inf
            and 0 <= self.loss_sum < math.inf
        )


@dataclass(frozen=True, slots=True)
class Schedule:
    """The length of a run: a number of steps, or a time limit if that is reached sooner.

    Attributes:
        steps: Steps per epoch.
        batch_size: Pictures per step.
        minutes: Time limit in minutes.
        early_cost: Duration of a step in the early part of the run, relative to later steps.
    """

    steps: int
    batch_size: int
    minutes: float | None
    early_cost: float = 1.0

    def done_fraction(self, at: Position) -> float:
        """Return the completed share of the run."""
        done = self._steps_done(at) / (at.epochs * self.steps)
        return max(done, at.elapsed_seconds / (60 * self.minutes)) if self.minutes else done

    def total_steps(self, at: Position) -> float:
        """Return the number of steps of the run; with a time limit, an estimate."""
        planned, done = at.epochs * self.steps, self._steps_done(at)
        return min(planned, done / self.done_fraction(at)) if self.minutes and done else planned

    def pictures_per_second(self, at: Position) -> float:
        """Return the mean speed so far."""
        return self._steps_done(at) * self.batch_size / max(at.elapsed_seconds, 1e-9)

    def remaining_seconds(self, at: Position, since: Position | None = None) -> float | None:
        """Estimate the time to the end.

        Args:
            at: The position.
            since: An earlier position, to measure the duration of a step from; None: the beginning.

        Returns:
            None if no step was done since.

        Example:
            >>> small_first = Schedule(10, 128, None, early_cost=0.5)
            >>> small_first.remaining_seconds(Position(4, epoch=2, elapsed_seconds=10))
            20.0
        """
        if self.done_fraction(at) >= 1:
            return 0.0
        since = since or Position(at.epochs)
        done = self._cost(at) - self._cost(since)
        if done <= 0:
            return None
        left = self._cost(Position(at.epochs, epoch=at.epochs)) - self._cost(at)
        seconds = (at.elapsed_seconds - since.elapsed_seconds) * left / done
        return min(seconds, 60 * self.minutes - at.elapsed_seconds) if self.minutes else seconds

    def _cost(self, at: Position) -> float:
        """Return the duration of a run up to a position, in steps of its later part."""
        steps, early = self._steps_done(at), EARLY_FRACTION * at.epochs * self.steps
        return steps - (1 - self.early_cost) * min(steps, early)

    def _steps_done(self, at: Position) -> int:
        return at.epoch * self.steps + at.step


class TimeLeft:
    """Estimates the remaining time of a run from all steps but the first, in which kernels are compiled.

    Args:
        schedule: The run's schedule.
        verdict_epoch: The epoch after which the length of the run is known; there is no estimate before.
            None: it is known from the start.
    """

    def __init__(self, schedule: Schedule, verdict_epoch: int | None) -> None:
        self._schedule, self._verdict_epoch = schedule, verdict_epoch
        self._after_first_step: Position | None = None

    def step_done(self, at: Position) -> None:
        """Note that a step is done."""
        self._after_first_step = self._after_first_step or at

    def seconds(self, at: Position) -> float | None:
        """Estimate the remaining time; None while the length of the run or the time of a step is unknown."""
        if self._verdict_epoch and at.epoch < self._verdict_epoch:
            return None
        return self._schedule.remaining_seconds(at, self._after_first_step)
