"""The position of a run, and how much of it is done."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Position:
    """The state of a run, besides its weights.

    Attributes:
        epochs: Epochs in all.
        epoch: Whole epochs done.
        step: Steps done in the current epoch.
        elapsed_seconds: Spent in the loop so far.
        flip: Whether pictures are flipped; None while that is not known.
        loss_sum: Over the pictures of the current epoch.
        correct: Pictures of the current epoch that were classified correctly.
    """

    epochs: int
    epoch: int = 0
    step: int = 0
    elapsed_seconds: float = 0.0
    flip: bool | None = None
    loss_sum: float = 0.0
    correct: int = 0


@dataclass(frozen=True, slots=True)
class Schedule:
    """How long a run is: its steps, or its time where that is over sooner.

    Attributes:
        steps: Steps per epoch.
        batch_size: Pictures per step.
        minutes: Time limit.
    """

    steps: int
    batch_size: int
    minutes: float | None

    def done_fraction(self, at: Position) -> float:
        """Return which share of the run is done."""
        done = self._steps_done(at) / (at.epochs * self.steps)
        return max(done, at.elapsed_seconds / (60 * self.minutes)) if self.minutes else done

    def total_steps(self, at: Position) -> float:
        """Return how many steps the run has; with a time limit, an estimate."""
        planned, done = at.epochs * self.steps, self._steps_done(at)
        return min(planned, done / self.done_fraction(at)) if self.minutes and done else planned

    def pictures_per_second(self, at: Position) -> float:
        """Return the mean speed so far."""
        return self._steps_done(at) * self.batch_size / max(at.elapsed_seconds, 1e-9)

    def remaining_seconds(self, at: Position) -> float:
        """Estimate the time to the end from the time so far."""
        done = max(self.done_fraction(at), 1e-9)
        return at.elapsed_seconds * max(0.0, 1 - done) / done

    def _steps_done(self, at: Position) -> int:
        return at.epoch * self.steps + at.step
