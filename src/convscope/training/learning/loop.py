"""The loop that trains: batches in, weights changed, events out.

What is drawn depends on the seed, the epoch and the place in it alone, and what is kept between steps is in
the network, the optimiser, the average and `Position`; so a run that was stopped goes on as if it never had
been.
"""

from __future__ import annotations

import itertools
import json
import math
import time
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812  # PyTorch's own idiom
from torch import Tensor

from convscope.errors import RunError, SettingError
from convscope.network.chain import parse_chain
from convscope.network.modules import STATISTICS_MOMENTUM, NormalisedReLU, TrainingNetwork
from convscope.network.whitening import can_be_whitened, whitening_filters
from convscope.pictures import batches
from convscope.training.data.training_data import TrainingData, spread
from convscope.training.distributed import Group
from convscope.training.events import EpochDone, Listener, Note, StepDone, emit
from convscope.training.learning import flip_test
from convscope.training.learning.ema import WeightAverage
from convscope.training.learning.gradient_scale import GradientScale
from convscope.training.learning.optimiser import Optimiser
from convscope.training.machine.engine import Engine, engine_of, launching
from convscope.training.recipe import EARLY_FRACTION, EASY_ACCURACY_FRACTION, Recipe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from convscope.pictures.stream_blocks import StreamBlocks, WholeStore

_EVALUATION_BATCH = 500
_ALONE = Group()
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
        flip: Whether pictures are mirrored; None while that is not known.
        loss_sum: Over the pictures of the epoch under way.
        correct: Pictures recognised in the epoch under way.
    """

    epochs: int
    epoch: int = 0
    step: int = 0
    elapsed_seconds: float = 0.0
    flip: bool | None = None
    loss_sum: float = 0.0
    correct: int = 0


@dataclass(frozen=True, slots=True)
class _Batch:
    """Pictures that are learned from together.

    Attributes:
        data: Whose store holds this process's share of them.
        drawn: In which row of that store each picture of the block is, and how it is changed.
        taken: Which places of what was drawn.
        indices: Which pictures of the catalogue they are, those of other processes too.
    """

    data: TrainingData
    drawn: batches.Epoch
    taken: slice
    indices: NDArray[np.int64]


class Training:
    """One run: network, optimiser, average and position.

    Args:
        data: What is learned from.
        recipe: How.
        group: The processes that share the work; alone unless said.
        engine: What computes; that of the recipe's device unless said.

    Raises:
        SettingError: There are more processes than pictures in a batch, or there is no GPU.
    """

    def __init__(
        self, data: TrainingData, recipe: Recipe, group: Group = _ALONE, engine: Engine | None = None
    ) -> None:
        if recipe.batch_size < group.rank.size:
            raise SettingError(
                f"{group.rank.size} processes cannot share batches of {recipe.batch_size} pictures",
                remedy="start fewer processes, or give a larger --batch-size",
            )
        engine = engine or engine_of(recipe.device)
        self.data = data if engine.fused else data.at(engine.place)
        self.recipe = recipe
        self.group = group
        self.position = Position(recipe.epochs, flip=recipe.flip)
        torch.manual_seed(recipe.seed)
        chain = parse_chain(recipe.network, data.shape, len(data.store.classes))
        first = chain.layers[0]
        whitened = whitening_filters(data.sample(), first) if can_be_whitened(first) else None
        self.network = TrainingNetwork(chain, whitened=whitened, fused=engine.fused).to(engine.place)
        for normalisation in self._normalisations():
            normalisation.add_up = group.add_up
            normalisation.add_up_tensors = None if group.rank.is_alone else group.add_up_tensors
        self.optimiser = Optimiser(
            self.network,
            batch=recipe.batch_size,
            filter_rate=recipe.learning_rate,
            product=torch.bfloat16 if recipe.precision == "bf16" else torch.float32,
        )
        self.scale = GradientScale(needed=recipe.precision == "fp16")
        asks = recipe.precision == "fp16" or not group.rank.is_alone  # the scale for a number, or other GPUs
        self._compute = launching(engine, recorded=not asks)
        self.average = WeightAverage(self.network)
        weights = recipe.class_weights
        self._class_weights = None if weights is None else torch.tensor(weights, device=engine.place)

    @property
    def steps(self) -> int:
        """Steps an epoch."""
        return len(self.data.parts.train) // self.recipe.batch_size

    def state(self) -> dict[str, Tensor]:
        """Return all numbers that training changes, by name; the tensors themselves, not copies."""
        return {
            **{f"network.{name}": tensor for name, tensor in self.network.state_dict().items()},
            **{f"momentum.{name}": tensor for name, tensor in self.optimiser.state().items()},
            **{f"average.{name}": tensor for name, tensor in self.average.weights.items()},
            **{f"scale.{name}": tensor for name, tensor in self.scale.state().items()},
        }

    def begin_together(self) -> None:
        """Bring every process of the group to where the first one is.

        Raises:
            RunError: Another process has other pictures, or another network.
        """
        recipe = json.dumps(asdict(self.recipe))
        self.group.check_same("pictures", self.data.catalogue.digest)
        self.group.check_same("settings", recipe)
        self.group.give(self.state().values())
        self.position = Position(**json.loads(self.group.say(json.dumps(asdict(self.position)))))

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
        recipe = self.recipe
        with self.data.blocks(batch=recipe.batch_size, seed=recipe.seed, share=self.group.share) as blocks:
            while self.position.step or self._done_fraction() < 1:  # an epoch under way is always ended
                self.network.train()
                for batch in self._batches(blocks):
                    if self._done_fraction() >= 1:
                        break
                    self._advance(*self._step(batch), begin)
                    emit(self._step_done(), listeners)
                    save()
                    if self.group.any(wants_stop()):
                        return False
                self._end_epoch(listeners, begin)
                save()
        return True

    def finish(self) -> None:
        """Put the average in place and measure every channel's mean and variance for these weights."""
        if self.recipe.ema:
            self.average.give()
        self._measure_statistics(_STATISTICS_BATCHES)
        self.network.eval()

    def predict(self, indices: NDArray[np.int64], *, flip: bool = False) -> Tensor:
        """Return logits (n, classes) for pictures of the store as they are, or all mirrored."""
        self.network.eval()
        chosen = batches.unchanged(indices, mirror=flip)
        own = self.group.share(slice(0, len(indices)))
        logits = torch.zeros(len(indices), len(self.data.store.classes))
        with torch.inference_mode():
            for first in range(own.start, own.stop, _EVALUATION_BATCH):
                part = slice(first, min(first + _EVALUATION_BATCH, own.stop))
                logits[part] = self.network(self.data.cut(chosen, part, self.recipe.precision)[0])
        self.group.add_up_tensors([logits])  # everybody else's rows are zero
        return logits

    def _batches(self, blocks: WholeStore | StreamBlocks) -> Iterator[_Batch]:
        """Yield what is left of the epoch under way, block by block."""
        at, size = self.position, self.recipe.batch_size
        for number in range(at.step // blocks.steps, blocks.count):
            block = blocks.take(at.epoch, number)
            data = self.data.of(block.store)
            drawn = self._draw(block.indices, number)
            rows = replace(drawn, order=block.rows(drawn.order))
            start = max(0, at.step - number * blocks.steps)
            for taken in batches.batches(len(drawn.order), size, start=start):
                yield _Batch(data, rows, taken, drawn.order[taken])

    def _draw(self, indices: NDArray[np.int64], block: int = 0) -> batches.Epoch:
        augmentation = replace(self.recipe.augmentation, mirror=bool(self.position.flip))
        seed, epoch, sides = self.recipe.seed, self.position.epoch, self.data.shape[1:]
        return batches.draw_epoch(indices, augmentation, sides, seed=seed, epoch=epoch, block=block)

    def _normalisations(self) -> list[NormalisedReLU]:
        return [module for module in self.network.modules() if isinstance(module, NormalisedReLU)]

    def _measure_statistics(self, most_batches: int) -> None:
        """Measure every channel's mean and variance anew.

        While the learning rate is high, weights change so fast that running statistics describe none that
        ever were; a network evaluated with them may know nothing.
        """
        normalisations = self._normalisations()
        drawn = self._draw(self.data.split.train)
        places = itertools.islice(batches.batches(len(drawn.order), self.recipe.batch_size), most_batches)
        self.network.train()
        with torch.no_grad():
            for count, taken in enumerate(places, start=1):
                for normalisation in normalisations:
                    normalisation.momentum = 1 / count  # the mean over the batches so far
                self.network(self.data.cut(drawn, self.group.share(taken), self.recipe.precision)[0])
        for normalisation in normalisations:
            normalisation.momentum = STATISTICS_MOMENTUM

    def _step(self, batch: _Batch) -> tuple[float, int]:
        """Learn from a batch; return the sum of the losses over the own share, and how many are right."""
        done, own = self._done_fraction(), self.group.share(batch.taken)
        smaller = self.recipe.early_size if done < EARLY_FRACTION else None
        sides = smaller or self.data.shape[1:]
        parcel = batch.data.parcel(batch.drawn, own, self.recipe.precision, sides)
        pace = torch.tensor([1 - done, self._steps_in_all(), self._weight(batch.indices)])
        kind = batch.data.resident is not None, sides
        learn = partial(self._learn, batch.data, sides)
        loss, correct = self._compute(kind, learn, (pace, *parcel)).tolist()
        return loss, int(correct)

    def _learn(self, data: TrainingData, sides: tuple[int, int], pace: Tensor, *sent: Tensor) -> Tensor:
        """Change the weights, all that a step computes where the network is.

        Args:
            data: Who has packed the batch.
            sides: Height and width the pictures are shown in.
            pace: (3,) the fraction of the full rate, how many steps the run has, what the batch weighs.
            sent: The parcel.

        Returns:
            (2,) the sum of the losses, and how many are right.
        """
        rate_fraction, steps, weight = pace.unbind()
        maps, labels = data.unpack(sent, self.recipe.precision, sides)
        logits: Tensor = self.network(maps)
        smoothing = self.recipe.label_smoothing
        loss = F.cross_entropy(
            logits, labels, self._class_weights, label_smoothing=smoothing, reduction="sum"
        )
        (self.scale.factor * loss / weight).backward()
        gradients = self.optimiser.gradients()
        self.group.add_up_tensors(gradients)
        if self.scale.undo(gradients):
            self.optimiser.step(rate_fraction)
        else:
            self.optimiser.forget()
        self.average.follow(steps)
        # What is shown knows neither smoothing nor weights, so that it compares with the validation loss.
        shown = F.cross_entropy(logits.detach(), labels, reduction="sum")
        return torch.stack((shown, (logits.argmax(1) == labels).sum().float()))

    def _weight(self, indices: NDArray[np.int64]) -> float:
        """Say what all pictures of a batch weigh together, whichever process they are with."""
        if self._class_weights is None:
            return len(indices)
        return self._class_weights[torch.from_numpy(self.data.catalogue.labels[indices])].sum().item()

    def _advance(self, own_loss: float, own_correct: int, begin: float) -> None:
        """Add up what all processes found; the first one's clock counts for all."""
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

    def _own_clock(self, begin: float) -> float:
        return time.monotonic() - begin if self.group.is_first else 0.0

    def _done_fraction(self) -> float:
        """How much of the run is done: of its steps, or of its time where that is shorter."""
        at, recipe = self.position, self.recipe
        done = (at.epoch * self.steps + at.step) / (at.epochs * self.steps)
        return max(done, at.elapsed_seconds / (60 * recipe.minutes)) if recipe.minutes else done

    def _steps_in_all(self) -> float:
        """How many steps the run has; where time is limited, as far as can be told by now."""
        at = self.position
        planned, taken = at.epochs * self.steps, at.epoch * self.steps + at.step
        if not self.recipe.minutes or not taken:
            return planned
        return min(planned, taken / self._done_fraction())

    def _rates(self) -> tuple[float, float]:
        """Pictures a second so far, and seconds left."""
        at, done = self.position, max(self._done_fraction(), 1e-9)
        seen = (at.epoch * self.steps + at.step) * self.recipe.batch_size
        return seen / max(at.elapsed_seconds, 1e-9), at.elapsed_seconds * max(0.0, 1 - done) / done

    def _step_done(self) -> StepDone:
        at, recipe = self.position, self.recipe
        seen = at.step * recipe.batch_size
        loss, accuracy = at.loss_sum / seen, at.correct / seen
        return StepDone(at.epoch + 1, at.epochs, at.step, self.steps, loss, accuracy, *self._rates())

    def _end_epoch(self, listeners: Sequence[Listener], begin: float) -> None:
        step = self._step_done()
        self._measure_statistics(math.ceil(min(self.steps, _STATISTICS_BATCHES) / 4))
        if self.position.flip is None:
            self._judge_flips(listeners)
        loss, accuracy = self._validate()
        (elapsed_seconds,) = self.group.add_up(np.array([self._own_clock(begin)])).tolist()
        at = self.position
        self.position = Position(at.epochs, at.epoch + 1, 0, elapsed_seconds, at.flip)
        if accuracy is not None:
            self._judge_easiness(accuracy, listeners)
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
                left_seconds=self._rates()[1],
            ),
            listeners,
        )

    def _judge_flips(self, listeners: Sequence[Listener]) -> None:
        seen = spread(self.data.split.train, flip_test.MOST_PICTURES)
        plain, flipped = (self.predict(seen, flip=flip).argmax(1).numpy() for flip in (False, True))
        verdict = flip_test.flips_are_harmless(
            self.data.store.labels[seen], plain, flipped, self.data.store.classes
        )
        if verdict.flip is not None:
            self.position = replace(self.position, flip=verdict.flip)
            emit(Note(verdict.reason), listeners)

    def _judge_easiness(self, accuracy_fraction: float, listeners: Sequence[Listener]) -> None:
        planned, enough = self.recipe.epochs, self.recipe.easy_epochs
        after = max(1, round(planned / 20))
        if enough and self.position.epoch == after < enough and accuracy_fraction >= EASY_ACCURACY_FRACTION:
            self.position = replace(self.position, epochs=enough)
            emit(Note(f"the pictures are easy: {enough} epochs will do instead of {planned}"), listeners)

    def _validate(self) -> tuple[float, float] | tuple[None, None]:
        indices = self.data.split.validation
        if not len(indices):
            return None, None
        logits, labels = self.predict(indices), torch.from_numpy(self.data.store.labels[indices])
        return F.cross_entropy(logits, labels).item(), (logits.argmax(1) == labels).float().mean().item()
