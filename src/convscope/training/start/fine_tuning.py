"""Fine-tuning: after the head, the backbone is trained on the pictures, too.

It proceeds in stages, starting from a fitted head. The first stage trains the last blocks, the second one all
layers, with smaller learning rates for earlier layers. If a stage does not increase the accuracy on the
held-out pictures by more than the standard error, its weights are discarded and fine-tuning ends. It trains
the weights and biases of the plain chain, into which the batch statistics are folded, so that these stay
fixed.

Source for the order: A. Kumar et al., "Fine-tuning can distort pretrained features and underperform
out-of-distribution", ICLR 2022, https://arxiv.org/abs/2202.10054; for smaller rates of earlier layers: J.
Howard and S. Ruder, ACL 2018, https://arxiv.org/abs/1801.06146.
"""

from __future__ import annotations

import math
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812  # PyTorch's own idiom

from convscope.common.percent import percent
from convscope.network.folded_network import FoldedNetwork
from convscope.pictures import batches
from convscope.training.data.sampling import spread
from convscope.training.events import EpochDone, Preparing, StepDone, emit
from convscope.training.learning.flip_test import flips_are_harmless
from convscope.training.learning.objective import objective_of
from convscope.training.learning.progress import Position, Schedule
from convscope.training.start.gain import Gain
from convscope.training.start.layer_rates import LayerwiseAdam
from convscope.training.start.tuning_inputs import CachedInputs, PictureInputs, most_cached

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from convscope.training.events import Listener
    from convscope.training.start.tuning_inputs import Inputs
    from convscope.training.start.tuning_task import Task

MOST_EPOCHS = (8, 5)
"""Number of epochs of the two stages."""
_FEWEST_EPOCHS = (3, 2)
"""A stage with less time than this is skipped."""
_BATCH_SIZE, _EVALUATED = 32, 64
_WARM_UP = 0.1
"""Share of a stage in which the learning rate rises from 0; then it falls back to 0."""
_RESERVE = 0.9
"""Share of the time that is planned; the rest is a reserve."""
_AUGMENTATION = batches.Augmentation(zoom_in=0.3, stretch=0.1, colour=0.1)


class FineTuning:
    """A fine-tuning, which can be stopped and resumed.

    Args:
        task: The fine-tuning task.
        listeners: Called with each event.

    Attributes:
        position: The current position.
        recognised: (validation pictures,) whether the best weights so far classify them correctly.
        tried: (validation pictures,) whether the weights at the end of the last stage do.
    """

    def __init__(self, task: Task, listeners: Sequence[Listener] = ()) -> None:
        self.task, self._listeners = task, listeners
        self.data = task.data
        self.network = FoldedNetwork(task.model.chain, task.model.weights)
        self.recognised, self.tried = task.recognised.copy(), task.recognised.copy()
        self.position = Position(0)
        self._epochs = torch.zeros(2, dtype=torch.int64)  # of each stage
        self._kept = {name: tensor.detach().clone() for name, tensor in self.network.by_name.items()}
        self._optimiser = LayerwiseAdam(self.network)
        self._objective = objective_of(self.data.target, None)
        self._stages = task.last_layers, frozenset(step.name for step in task.model.chain if step.parameters)
        self._inputs: Inputs | None = None

    @property
    def gain(self) -> Gain:
        """The gain of the best weights over the head, on the held-out pictures."""
        return Gain(self.task.recognised, self.recognised)

    @property
    def sentence(self) -> str:
        """The result, as a message."""
        if not self.position.epochs:
            return "no time left for fine-tuning: the head is kept"
        before, tried, after = (
            percent(one.mean()) for one in (self.task.recognised, self.tried, self.recognised)
        )
        count = f"{len(self.recognised):,} held-out pictures"
        if self.gain.pays:
            return f"fine-tuning: {after} of {count} are recognised, after {before} with the head alone"
        return f"fine-tuning does not help: {tried} of {count} are recognised, {before} with the head alone"

    @property
    def weights(self) -> dict[str, NDArray[np.float32]]:
        """The best weights."""
        return {name: tensor.numpy().copy() for name, tensor in self._kept.items()}

    def state(self) -> dict[str, Tensor]:
        """Return the state of fine-tuning, by name; the tensors themselves, not copies."""
        return {
            **{f"network.{name}": tensor.detach() for name, tensor in self.network.by_name.items()},
            **{f"kept.{name}": tensor for name, tensor in self._kept.items()},
            **{f"optimiser.{name}": tensor for name, tensor in self._optimiser.state().items()},
            "epochs": self._epochs,
            "recognised": torch.from_numpy(self.recognised),
            "tried": torch.from_numpy(self.tried),
        }

    def has_position(self, position: Position) -> bool:
        """Whether a position is within this fine-tuning."""
        return position.epochs <= sum(MOST_EPOCHS) and position.is_within(self._steps)

    def run(
        self, wants_stop: Callable[[], bool] = lambda: False, save: Callable[[], None] = lambda: None
    ) -> bool:
        """Fine-tune from the current position to the end, or until a stop is requested.

        Args:
            wants_stop: Called after each step; returns whether to stop.
            save: Called after each step and each epoch, when the state can be saved to resume from.

        Returns:
            Whether the end was reached.
        """
        begin = time.monotonic() - self.position.elapsed_seconds
        if not self.position.epochs:
            self._plan(begin)
            save()
        while self.position.epoch < self.position.epochs:
            inputs = self._stage_inputs()
            drawn = self._draw()
            for positions in batches.batches(len(drawn.order), self._batch_size, start=self.position.step):
                self._train_on(inputs, drawn, positions, begin)
                emit(self._step_done(), self._listeners)
                save()
                if wants_stop():
                    return False
            self._end_epoch(inputs, begin)
            save()
        return True

    @property
    def _stage(self) -> int:
        is_planned = self.position.epochs > 0
        return int(is_planned and self.position.epoch >= int(self._epochs[0]))

    @property
    def _batch_size(self) -> int:
        return min(_BATCH_SIZE, len(self.data.kept.split.train))

    @property
    def _steps(self) -> int:
        return len(self._learned(self._stage)) // self._batch_size

    def _plan(self, begin: float) -> None:
        """Choose the epochs of each stage from the duration of a few steps."""
        inputs = self._stage_inputs()
        self._test_flips(inputs)
        limit = math.inf if self.task.minutes is None else 60 * self.task.minutes
        left = _RESERVE * (limit - (time.monotonic() - begin))
        for stage, source in enumerate((inputs, PictureInputs(self.data))):
            seconds = self._seconds_per_epoch(source, stage) if math.isfinite(left) else 0.0
            count = MOST_EPOCHS[stage] if seconds == 0 else int(min(MOST_EPOCHS[stage], left / seconds))
            if count < min(_FEWEST_EPOCHS[stage], MOST_EPOCHS[stage]):
                break
            self._epochs[stage] = count
            left -= count * seconds
        self.position = replace(self.position, epochs=int(self._epochs.sum()))

    def _seconds_per_epoch(self, inputs: Inputs, stage: int) -> float:
        self._let_learn(stage)
        drawn = self._draw()
        begin = time.monotonic()
        self._loss(inputs, drawn, slice(0, self._batch_size))[0].backward()
        self._optimiser.zero_grad()
        return (time.monotonic() - begin) * self._steps

    def _stage_inputs(self) -> Inputs:
        """Return the inputs of the current stage, and make only its layers trainable."""
        stage = self._stage
        self._let_learn(stage)
        if stage == 1:
            if not isinstance(self._inputs, PictureInputs):
                self._inputs = PictureInputs(self.data)
        elif not isinstance(self._inputs, CachedInputs):
            split = self.data.kept.split
            self._inputs = CachedInputs(
                self.task.model,
                self._stages[0],
                self.data.kept.store,
                np.concatenate([self._learned(stage), split.validation]),
                lambda done, total: emit(
                    Preparing(done // 2, total // 2, "fine-tuning: computing activations of"), self._listeners
                ),
            )
        return self._inputs

    def _learned(self, stage: int) -> NDArray[np.int64]:
        """Return the training pictures of a stage: in the first one, as many as fit into memory."""
        train, validation = self.data.kept.split.train, self.data.kept.split.validation
        if stage:
            return train
        return spread(train, max(1, most_cached(self.task.model, self._stages[0]) - len(validation)))

    def _let_learn(self, stage: int) -> None:
        for step in self.network.chain:
            for name in step.parameters:
                self.network.by_name[name].requires_grad_(step.name in self._stages[stage])

    def _draw(self) -> batches.Epoch:
        at = self.position
        augmentation = replace(_AUGMENTATION, mirror=bool(at.flip))
        size = self.data.shape[1:]
        return batches.draw_epoch(
            self._learned(self._stage), augmentation, size, seed=self.task.seed, epoch=at.epoch
        )

    def _loss(self, inputs: Inputs, drawn: batches.Epoch, positions: slice) -> tuple[Tensor, Tensor]:
        """Return the mean loss of a batch, and how many pictures are classified correctly."""
        labels = torch.from_numpy(self.data.kept.store.labels[drawn.order[positions]])
        logits = self.network(inputs.batch(drawn, positions))
        return F.cross_entropy(logits, labels), (logits.argmax(1) == labels).sum()

    def _train_on(self, inputs: Inputs, drawn: batches.Epoch, positions: slice, begin: float) -> None:
        loss, correct = self._loss(inputs, drawn, positions)
        loss.backward()
        self._optimiser.step(self._rate_fraction())
        at = self.position
        self.position = replace(
            at,
            step=at.step + 1,
            elapsed_seconds=time.monotonic() - begin,
            loss_sum=at.loss_sum + loss.item() * self._batch_size,
            correct=at.correct + int(correct),
        )

    def _rate_fraction(self) -> float:
        """Return the share of the peak learning rate: a ramp up, then a longer ramp down."""
        stage, steps, at = self._stage, self._steps, self.position
        first = int(self._epochs[0]) if stage else 0
        done = (at.epoch - first + at.step / steps) / int(self._epochs[stage])
        return min((done + 1 / (steps * int(self._epochs[stage]))) / _WARM_UP, (1 - done) / (1 - _WARM_UP))

    def _step_done(self) -> StepDone:
        at = self.position
        seen = at.step * self._batch_size
        schedule = Schedule(self._steps, self._batch_size, self.task.minutes)
        return StepDone(
            at.epoch + 1,
            at.epochs,
            at.step,
            self._steps,
            at.loss_sum / seen,
            at.correct / seen,
            schedule.pictures_per_second(at),
            schedule.remaining_seconds(at),
        )

    def _end_epoch(self, inputs: Inputs, begin: float) -> None:
        step = self._step_done()
        logits = self._predict(inputs, self.data.kept.split.validation)
        labels = torch.from_numpy(self.data.kept.store.labels[self.data.kept.split.validation])
        recognised = (logits.argmax(1) == labels).numpy()
        at = self.position
        self.position = Position(at.epochs, at.epoch + 1, 0, time.monotonic() - begin, at.flip)
        minutes = self.task.minutes
        is_late = minutes is not None and self.position.elapsed_seconds >= 60 * minutes
        if is_late or self.position.epoch in {int(self._epochs[0]), at.epochs}:
            self._end_stage(recognised)
        if is_late:
            self.position = replace(self.position, epochs=self.position.epoch)
        emit(
            EpochDone(
                epoch=step.epoch,
                epochs=step.epochs,
                learning_rate=self._optimiser.rate,
                train_loss=step.loss,
                train_accuracy_fraction=step.accuracy_fraction,
                validation_loss=F.cross_entropy(logits, labels).item(),
                validation_accuracy_fraction=float(recognised.mean()),
                pictures_per_second=step.pictures_per_second,
                elapsed_seconds=self.position.elapsed_seconds,
                remaining_seconds=step.remaining_seconds,
            ),
            self._listeners,
        )

    def _end_stage(self, recognised: NDArray[np.bool_]) -> None:
        """Keep the weights if the stage was worth it; otherwise end with the best weights so far."""
        self.tried = recognised
        if Gain(self.recognised, recognised).pays:
            self.recognised = recognised.copy()
            self._kept = {name: tensor.detach().clone() for name, tensor in self.network.by_name.items()}
            self._optimiser.reset()
        else:
            self.position = replace(self.position, epochs=self.position.epoch)

    def _predict(self, inputs: Inputs, indices: NDArray[np.int64], *, flip: bool = False) -> Tensor:
        drawn = batches.unchanged(indices, mirror=flip)
        with torch.inference_mode():
            return torch.cat(
                [
                    self.network(inputs.batch(drawn, slice(start, start + _EVALUATED)))
                    for start in range(0, len(indices), _EVALUATED)
                ]
            )

    def _test_flips(self, inputs: Inputs) -> None:
        """Test on the held-out pictures whether flips are harmless."""
        held_out = self.data.kept.split.validation
        truth = self.data.target.indicators(self.data.kept.store.labels[held_out])
        logits = self._predict(inputs, held_out, flip=False)
        flipped_logits = self._predict(inputs, held_out, flip=True)
        plain, flipped = self._objective.decide_both(logits, flipped_logits, truth)
        verdict = flips_are_harmless(truth, plain, flipped, self.data.classes)
        self.position = replace(self.position, flip=bool(verdict.flip))
