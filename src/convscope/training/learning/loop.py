"""The training loop: it takes batches, updates the weights and emits events.

Random numbers depend only on the seed, the epoch and the position in it, and all changing state is in the
network, the optimiser, the moving average and `Position`; so a resumed run gives bitwise identical weights.
"""

from __future__ import annotations

import json
import math
import time
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from convscope.errors import RunError, SettingError
from convscope.pictures import batches
from convscope.training.data.sampling import spread
from convscope.training.events import EpochDone, Listener, Note, StepDone, emit
from convscope.training.group import Group
from convscope.training.learning import flip_test
from convscope.training.learning.ema import WeightAverage
from convscope.training.learning.evaluation import Evaluator
from convscope.training.learning.gradient_scale import GradientScale
from convscope.training.learning.objective import objective_of
from convscope.training.learning.optimiser import Optimiser
from convscope.training.learning.progress import Position, Schedule, TimeLeft
from convscope.training.learning.starting_network import starting_network
from convscope.training.machine.engine import Engine, engine_of, step_runner
from convscope.training.machine.threads import threads_for_steps
from convscope.training.recipe import EARLY_FRACTION, EASY_ACCURACY_FRACTION, Recipe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from convscope.pictures.store import Store
    from convscope.pictures.stream_blocks import StreamBlocks, WholeStore
    from convscope.training.data.batcher import Batcher
    from convscope.training.data.training_data import TrainingData

_ALONE = Group()
_STATISTICS_BATCHES = 16
"""Pictures to measure the final mean and variance of every channel; a quarter of them after each epoch."""


@dataclass(frozen=True, slots=True)
class _Batch:
    """One batch of the training set.

    Attributes:
        batcher: Makes this process's share of it.
        drawn: The row of each picture in the batcher's store, and its augmentation.
        positions: Positions of the batch in `drawn`.
        indices: Indices of its pictures in the catalogue, including those of other processes.
    """

    batcher: Batcher
    drawn: batches.Epoch
    positions: slice
    indices: NDArray[np.int64]


class Training:
    """A training: network, optimiser, moving average and position.

    Args:
        data: The pictures.
        recipe: All settings of the training.
        group: The processes that train together.
        engine: The engine; by default that of the recipe's device.
        initial: Weights of the plain chain to start from, by name; None: from scratch.

    Raises:
        SettingError: There are more processes than pictures in a batch, or there is no GPU.
    """

    def __init__(
        self,
        data: TrainingData,
        recipe: Recipe,
        group: Group = _ALONE,
        engine: Engine | None = None,
        initial: Mapping[str, NDArray[np.float32]] | None = None,
    ) -> None:
        if recipe.batch_size < group.rank.size:
            raise SettingError(
                f"{group.rank.size} processes cannot share batches of {recipe.batch_size} pictures",
                remedy="start fewer processes, or give a larger --batch-size",
            )
        self.data, self.recipe, self.group = data, recipe, group
        self.position = Position(recipe.epochs, flip=recipe.flip)
        steps = len(data.all.split.train) // recipe.batch_size
        self.schedule = Schedule(steps, recipe.batch_size, recipe.minutes, recipe.early_cost(data.shape))
        verdict = recipe.verdict_epoch if len(data.kept.split.validation) else None
        self._time_left = TimeLeft(self.schedule, verdict)
        self._engine = engine or engine_of(recipe.device)
        self._batcher = data.batcher(recipe.precision, self._engine)
        self.network = starting_network(data, recipe, group, self._engine, initial)
        self._products = self.network.chain.multiply_adds * recipe.batch_size // group.rank.size
        self.evaluator = Evaluator(self.network, data, self._batcher, self._engine.device, group)
        self.optimiser = Optimiser(
            self.network,
            batch_size=recipe.batch_size,
            filter_rate=recipe.learning_rate,
            product=torch.bfloat16 if recipe.precision == "bf16" else torch.float32,
        )
        self.scale = GradientScale(needed=recipe.precision == "fp16")
        # a CUDA graph cannot copy to the host: no check of the loss scale, no sums over processes
        recorded = recipe.precision != "fp16" and group.rank.is_alone
        self._run_step = step_runner(self._engine, recorded=recorded)
        self.ema = WeightAverage(self.network)
        self._objective = objective_of(data.target, recipe, self._engine.device)

    def state(self) -> dict[str, Tensor]:
        """Return the state of the training, by name; the tensors themselves, not copies."""
        return {
            **{f"network.{name}": tensor for name, tensor in self.network.state_dict().items()},
            **{f"momentum.{name}": tensor for name, tensor in self.optimiser.state().items()},
            **{f"ema.{name}": tensor for name, tensor in self.ema.weights.items()},
            **{f"scale.{name}": tensor for name, tensor in self.scale.state().items()},
        }

    def has_position(self, position: Position) -> bool:
        """Whether a position is within this training."""
        known = {self.recipe.epochs, self.recipe.easy_epochs}
        return position.epochs in known and position.is_within(self.schedule.steps)

    def synchronise(self) -> None:
        """Copy the state of the first process to all others.

        Raises:
            RunError: Another process has different pictures or a different network.
        """
        recipe = json.dumps(asdict(self.recipe))
        self.group.check_same("pictures", self.data.all.catalogue.digest)
        self.group.check_same("settings", recipe)
        self.group.broadcast(self.state().values())
        self.position = Position(**json.loads(self.group.broadcast_text(json.dumps(asdict(self.position)))))

    def run(
        self,
        listeners: Sequence[Listener] = (),
        wants_stop: Callable[[], bool] = lambda: False,
        save: Callable[[], None] = lambda: None,
    ) -> bool:
        """Train from the current position to the end, or until a stop is requested.

        Args:
            listeners: Called with each event.
            wants_stop: Called after each step; returns whether to stop.
            save: Called after each step and each epoch, when the state can be saved to resume from.

        Returns:
            Whether the end was reached.

        Raises:
            RunError: The loss is not finite any more.
        """
        begin = time.monotonic() - self.position.elapsed_seconds
        recipe = self.recipe
        with (
            threads_for_steps(self._products),
            self.data.blocks(
                batch_size=recipe.batch_size, seed=recipe.seed, share=self.group.share
            ) as blocks,
        ):
            while self.position.step or self._done_fraction() < 1:  # the current epoch is always completed
                self.network.train()
                for batch in self._batches(blocks):
                    if self._done_fraction() >= 1:
                        break
                    self._advance(*self._train_on(batch), begin)
                    emit(self._step_done(), listeners)
                    save()
                    if self.group.any(wants_stop()):
                        return False
                self._end_epoch(listeners, begin)
                save()
        return True

    def finish(self) -> None:
        """Load the moving average into the network, and measure the mean and variance of its channels."""
        if self.recipe.ema:
            self.ema.copy_to_network()
        with threads_for_steps(self._products):
            self._measure_statistics(_STATISTICS_BATCHES)
        self.network.eval()

    def _batches(self, blocks: WholeStore | StreamBlocks) -> Iterator[_Batch]:
        """Yield the remaining batches of the current epoch, block by block."""
        at, size = self.position, self.recipe.batch_size
        for number in range(at.step // blocks.steps, blocks.count):
            block = blocks.take(at.epoch, number)
            is_kept = block.store is self.data.kept.store
            batcher = self._batcher if is_kept else self._host_batcher(block.store)
            drawn = self._draw(block.indices, number)
            rows = replace(drawn, order=block.rows(drawn.order))
            start = max(0, at.step - number * blocks.steps)
            for positions in batches.batches(len(drawn.order), size, start=start):
                yield _Batch(batcher, rows, positions, drawn.order[positions])

    def _measure_statistics(self, most_batches: int) -> None:
        drawn = self._draw(self.data.kept.split.train)
        self.evaluator.measure_statistics(drawn, self.recipe.batch_size, most_batches)

    def _host_batcher(self, store: Store) -> Batcher:
        return self.data.host_batcher(store, self.recipe.precision, self._engine)

    def _draw(self, indices: NDArray[np.int64], block: int = 0) -> batches.Epoch:
        augmentation = replace(self.recipe.augmentation, mirror=bool(self.position.flip))
        seed, epoch, size = self.recipe.seed, self.position.epoch, self.data.shape[1:]
        return batches.draw_epoch(indices, augmentation, size, seed=seed, epoch=epoch, block=block)

    def _train_on(self, batch: _Batch) -> tuple[float, int]:
        """Train on a batch; return the summed loss and the correct predictions of this process's share."""
        done = self._done_fraction()
        early_size = self.recipe.early_size if done < EARLY_FRACTION else None
        size = early_size or self.data.shape[1:]
        sent = batch.batcher.host(batch.drawn, self.group.share(batch.positions), size)
        total_steps, weight = self.schedule.total_steps(self.position), self._weight(batch.indices)
        rates = torch.tensor([1 - done, total_steps, weight])
        kind = type(batch.batcher), size
        loss, correct = self._run_step(
            kind, partial(self._step, batch.batcher, size), (rates, *sent)
        ).tolist()
        return loss, int(correct)

    def _step(self, batcher: Batcher, size: tuple[int, int], rates: Tensor, *sent: Tensor) -> Tensor:
        """Update the weights: the part of a step that is computed on the device.

        Args:
            batcher: The batcher that made `sent`.
            size: Height and width of the pictures.
            rates: (3,) the share of the peak learning rate, the number of steps of the run, and the batch's
                weight.
            sent: The host's half of the batch.

        Returns:
            (2,) the sum of the losses, and how many pictures are classified correctly.
        """
        rate_fraction, total_steps, weight = rates.unbind()
        maps, labels = batcher.device(sent, size)
        logits: Tensor = self.network(maps)
        loss = self._objective.loss(logits, labels)
        (self.scale.factor * loss / weight).backward()
        gradients = self.optimiser.gradients()
        self.group.add_up_tensors(gradients)
        if self.scale.undo(gradients):
            self.optimiser.step(rate_fraction)
        else:
            self.optimiser.zero_grad()
        self.ema.update(total_steps)
        shown = self._objective.shown_loss(logits.detach(), labels)
        return torch.stack((shown, self._objective.correct(logits, labels).sum().float()))

    def _weight(self, indices: NDArray[np.int64]) -> float:
        """Return the divisor of the loss of a batch over all processes."""
        return self._objective.weight(self.data.all.catalogue.labels[indices])

    def _advance(self, own_loss: float, own_correct: int, begin: float) -> None:
        """Sum the results of all processes; the first one's clock counts for all."""
        own = np.array([own_loss, own_correct, self._own_clock(begin)])
        loss, correct, elapsed_seconds = self.group.add_up(own).tolist()
        at = self.position
        if not math.isfinite(loss):
            raise RunError(f"the loss became {loss} in epoch {at.epoch + 1}", remedy="lower --learning-rate")
        self.position = replace(
            at,
            step=at.step + 1,
            elapsed_seconds=elapsed_seconds,
            loss_sum=at.loss_sum + loss,
            correct=at.correct + int(correct),
        )
        self._time_left.step_done(self.position)

    def _own_clock(self, begin: float) -> float:
        return time.monotonic() - begin if self.group.is_first else 0.0

    def _done_fraction(self) -> float:
        return self.schedule.done_fraction(self.position)

    def _step_done(self) -> StepDone:
        at, schedule = self.position, self.schedule
        seen = at.step * schedule.batch_size
        return StepDone(
            at.epoch + 1,
            at.epochs,
            at.step,
            schedule.steps,
            at.loss_sum / seen,
            at.correct / seen,
            schedule.pictures_per_second(at),
            self._time_left.seconds(at),
        )

    def _end_epoch(self, listeners: Sequence[Listener], begin: float) -> None:
        step = self._step_done()
        self._measure_statistics(math.ceil(min(self.schedule.steps, _STATISTICS_BATCHES) / 4))
        if self.position.flip is None:
            self._test_flips(listeners)
        loss, accuracy = self.evaluator.validate()
        (elapsed_seconds,) = self.group.add_up(np.array([self._own_clock(begin)])).tolist()
        at = self.position
        self.position = Position(at.epochs, at.epoch + 1, 0, elapsed_seconds, at.flip)
        if accuracy is not None:
            self._shorten_if_easy(accuracy, listeners)
        emit(
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
                remaining_seconds=self._time_left.seconds(self.position),
            ),
            listeners,
        )

    def _test_flips(self, listeners: Sequence[Listener]) -> None:
        chosen = spread(self.data.kept.split.train, flip_test.MOST_PICTURES)
        truth = self.data.target.indicators(self.data.kept.store.labels[chosen])
        logits = self.evaluator.predict(chosen, flip=False)
        flipped_logits = self.evaluator.predict(chosen, flip=True)
        plain, flipped = self._objective.decide_both(logits, flipped_logits, truth)
        verdict = flip_test.flips_are_harmless(truth, plain, flipped, self.data.classes)
        if verdict.flip is not None:
            self.position = replace(self.position, flip=verdict.flip)
            emit(Note(verdict.reason), listeners)

    def _shorten_if_easy(self, accuracy_fraction: float, listeners: Sequence[Listener]) -> None:
        planned, enough = self.recipe.epochs, self.recipe.easy_epochs
        is_time = self.position.epoch == self.recipe.verdict_epoch
        if enough and is_time and accuracy_fraction >= EASY_ACCURACY_FRACTION:
            self.position = replace(self.position, epochs=enough)
            emit(Note(f"the pictures are easy: {enough} epochs are enough instead of {planned}"), listeners)
