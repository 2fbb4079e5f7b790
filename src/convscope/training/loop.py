"""The loop that trains: batches in, weights changed, events out.

What is drawn depends on the seed, the epoch and the place in it alone, and what is kept between steps is in
the network, the optimiser, the average and `Position`; so a run that was stopped goes on as if it never had
been.
"""

from __future__ import annotations

import itertools
import math
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F  # noqa: N812  # PyTorch's own idiom
from torch import Tensor

from convscope.errors import RunError
from convscope.network.modules import STATISTICS_MOMENTUM, NormalisedReLU, TrainingNetwork
from convscope.network.notation import parse
from convscope.network.shapes import stages
from convscope.network.whitening import can_be_whitened, whitening_filters
from convscope.pictures import batches
from convscope.training import mirroring
from convscope.training.averaging import Average
from convscope.training.data import TrainingData, spread
from convscope.training.events import EpochDone, Listener, Noted, StepDone
from convscope.training.optimiser import Optimiser
from convscope.training.recipe import EASY_ACCURACY_FRACTION, SMALLER_FRACTION, Recipe

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

_EVALUATION_BATCH = 500
_STATISTICS_BATCHES = 16
"""So many batches are enough for the final mean and variance of every channel; a quarter after each epoch."""


@dataclass(frozen=True, slots=True)
class Position:
    """Where a run is, besides its weights.

    Attributes:
        epochs: Epochs the run has in all.
        epoch: Whole epochs done.
        step: Steps done in the epoch under way.
        elapsed_seconds: Spent in the loop so far.
        mirror: Whether pictures are mirrored; None while that is not known.
        loss_sum: Of the epoch under way.
        correct: Pictures recognised in the epoch under way.
    """

    epochs: int
    epoch: int = 0
    step: int = 0
    elapsed_seconds: float = 0.0
    mirror: bool | None = None
    loss_sum: float = 0.0
    correct: int = 0


class Training:
    """One run: network, optimiser, average and position.

    Args:
        data: What is learned from.
        recipe: How.
    """

    def __init__(self, data: TrainingData, recipe: Recipe) -> None:
        self.data = data
        self.recipe = recipe
        self.position = Position(recipe.epochs, mirror=recipe.mirror)
        torch.manual_seed(recipe.seed)
        chain = stages(parse(recipe.network), data.shape, len(data.store.classes))
        whitened = whitening_filters(data.sample(), chain[0]) if can_be_whitened(chain[0]) else None
        self.network = TrainingNetwork(chain, whitened=whitened, fused=True)
        self.optimiser = Optimiser(self.network, batch=recipe.batch, filter_rate=recipe.learning_rate)
        self.average = Average(self.network, self.steps * recipe.epochs)
        weights = recipe.class_weights
        self._class_weights = None if weights is None else torch.tensor(weights)

    @property
    def steps(self) -> int:
        """Steps an epoch."""
        return len(self.data.split.train) // self.recipe.batch

    def run(
        self,
        listeners: Sequence[Listener] = (),
        wants_stop: Callable[[], bool] = lambda: False,
        save: Callable[[], None] = lambda: None,
    ) -> bool:
        """Train from the position on to the end, or until a stop is wanted.

        Args:
            listeners: Who is told.
            wants_stop: Asked after each step.
            save: Called after each step and each epoch, where the run can go on from.

        Returns:
            Whether the end was reached.

        Raises:
            RunError: The loss is no longer a number.
        """
        begin = time.monotonic() - self.position.elapsed_seconds
        while self.position.step or self._done_fraction() < 1:  # an epoch under way is always ended
            drawn = self._draw()
            self.network.train()
            for taken in batches.batches(len(drawn.order), self.recipe.batch, start=self.position.step):
                if self._done_fraction() >= 1:
                    break
                loss, correct = self._step(drawn, taken)
                self._advance(loss, correct, time.monotonic() - begin)
                _tell(listeners, self._step_done())
                save()
                if wants_stop():
                    return False
            self._end_epoch(listeners, begin)
            save()
        return True

    def finish(self) -> None:
        """Put the average in place and measure every channel's mean and variance for these weights."""
        if self.recipe.averaging:
            self.average.give()
        self._measure_statistics(_STATISTICS_BATCHES)
        self.network.eval()

    def predict(self, indices: NDArray[np.int64], *, mirror: bool = False) -> Tensor:
        """Return logits (n, classes) for pictures of the store as they are, or all mirrored."""
        self.network.eval()
        chosen = batches.unchanged(indices, mirror=mirror)
        parts = [
            slice(first, first + _EVALUATION_BATCH) for first in range(0, len(indices), _EVALUATION_BATCH)
        ]
        with torch.inference_mode():
            return torch.cat(
                [self.network(self.data.cut(chosen, part, self.recipe.precision)[0]) for part in parts]
            )

    def _draw(self) -> batches.Epoch:
        augmentation = replace(self.recipe.augmentation, mirror=bool(self.position.mirror))
        sides = self.data.shape[1:]
        return batches.draw_epoch(
            self.data.split.train, augmentation, sides, seed=self.recipe.seed, epoch=self.position.epoch
        )

    def _measure_statistics(self, most_batches: int) -> None:
        """Measure every channel's mean and variance anew.

        While the learning rate is high, weights change so fast that running statistics describe none that
        ever were; a network evaluated with them may know nothing.
        """
        normalisations = [module for module in self.network.modules() if isinstance(module, NormalisedReLU)]
        drawn = self._draw()
        places = itertools.islice(batches.batches(len(drawn.order), self.recipe.batch), most_batches)
        self.network.train()
        with torch.no_grad():
            for count, taken in enumerate(places, start=1):
                for normalisation in normalisations:
                    normalisation.momentum = 1 / count  # the mean over the batches so far
                self.network(self.data.cut(drawn, taken, self.recipe.precision)[0])
        for normalisation in normalisations:
            normalisation.momentum = STATISTICS_MOMENTUM

    def _step(self, drawn: batches.Epoch, taken: slice) -> tuple[float, int]:
        smaller = self.recipe.smaller if self._done_fraction() < SMALLER_FRACTION else None
        maps, labels = self.data.cut(drawn, taken, self.recipe.precision, smaller)
        logits: Tensor = self.network(maps)
        loss = F.cross_entropy(
            logits, labels, self._class_weights, label_smoothing=self.recipe.label_smoothing
        )
        loss.backward()
        self.optimiser.step(1 - self._done_fraction())
        self.average.follow()
        # What is shown knows neither smoothing nor weights, so that it compares with the validation loss.
        shown = F.cross_entropy(logits.detach(), labels).item()
        if not math.isfinite(shown):
            raise RunError(
                f"the loss became {shown} in epoch {self.position.epoch + 1}", remedy="lower --learning-rate"
            )
        return shown, int((logits.argmax(1) == labels).sum())

    def _advance(self, loss: float, correct: int, elapsed_seconds: float) -> None:
        at = self.position
        self.position = replace(
            at,
            step=at.step + 1,
            elapsed_seconds=elapsed_seconds,
            loss_sum=at.loss_sum + loss,
            correct=at.correct + correct,
        )

    def _done_fraction(self) -> float:
        """How much of the run is done: of its steps, or of its time where that is shorter."""
        at, recipe = self.position, self.recipe
        done = (at.epoch * self.steps + at.step) / (at.epochs * self.steps)
        return max(done, at.elapsed_seconds / (60 * recipe.minutes)) if recipe.minutes else done

    def _rates(self) -> tuple[float, float]:
        """Pictures a second so far, and seconds left."""
        at, done = self.position, max(self._done_fraction(), 1e-9)
        seen = (at.epoch * self.steps + at.step) * self.recipe.batch
        return seen / max(at.elapsed_seconds, 1e-9), at.elapsed_seconds * max(0.0, 1 - done) / done

    def _step_done(self) -> StepDone:
        at, recipe = self.position, self.recipe
        loss, accuracy = at.loss_sum / at.step, at.correct / (at.step * recipe.batch)
        return StepDone(at.epoch + 1, at.epochs, at.step, self.steps, loss, accuracy, *self._rates())

    def _end_epoch(self, listeners: Sequence[Listener], begin: float) -> None:
        step = self._step_done()
        self._measure_statistics(math.ceil(min(self.steps, _STATISTICS_BATCHES) / 4))
        if self.position.mirror is None:
            self._judge_mirroring(listeners)
        loss, accuracy = self._validate()
        at = self.position
        self.position = Position(at.epochs, at.epoch + 1, 0, time.monotonic() - begin, at.mirror)
        if accuracy is not None:
            self._judge_easiness(accuracy, listeners)
        _tell(
            listeners,
            EpochDone(
                epoch=step.epoch,
                epochs=step.epochs,
                learning_rate=self.recipe.learning_rate * max(0.0, 1 - self._done_fraction()),
                train_loss=step.loss,
                train_accuracy_fraction=step.accuracy_fraction,
                validation_loss=loss,
                validation_accuracy_fraction=accuracy,
                pictures_per_second=step.pictures_per_second,
                elapsed_seconds=self.position.elapsed_seconds,
                left_seconds=self._rates()[1],
            ),
        )

    def _judge_mirroring(self, listeners: Sequence[Listener]) -> None:
        seen = spread(self.data.split.train, mirroring.MOST_PICTURES)
        plain, mirrored = (self.predict(seen, mirror=mirror).argmax(1).numpy() for mirror in (False, True))
        verdict = mirroring.judge(self.data.store.labels[seen], plain, mirrored, self.data.store.classes)
        if verdict.mirror is not None:
            self.position = replace(self.position, mirror=verdict.mirror)
            _tell(listeners, Noted(verdict.reason))

    def _judge_easiness(self, accuracy_fraction: float, listeners: Sequence[Listener]) -> None:
        planned, enough = self.recipe.epochs, self.recipe.easy_epochs
        after = max(1, round(planned / 20))
        if enough and self.position.epoch == after < enough and accuracy_fraction >= EASY_ACCURACY_FRACTION:
            self.position = replace(self.position, epochs=enough)
            _tell(listeners, Noted(f"the pictures are easy: {enough} epochs will do instead of {planned}"))

    def _validate(self) -> tuple[float, float] | tuple[None, None]:
        indices = self.data.split.validation
        if not len(indices):
            return None, None
        logits, labels = self.predict(indices), torch.from_numpy(self.data.store.labels[indices])
        return F.cross_entropy(logits, labels).item(), (logits.argmax(1) == labels).float().mean().item()


def _tell(listeners: Sequence[Listener], event: StepDone | EpochDone | Noted) -> None:
    for listener in listeners:
        listener(event)
