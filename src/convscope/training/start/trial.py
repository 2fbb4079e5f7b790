"""A trial: the accuracy of a network after a short training from scratch.

The network is trained on three quarters of the pictures for a fifth of its epochs, and predicts the others.
If these are too few for a decision, another quarter is held out, until the result is clear or all pictures
were used. With easy pictures, training ends earlier, because it can no longer change the decision.

The trial counts epochs rather than seconds, so that a busy machine comes to the same decision. Steps on
photos take long; for photos, the trial ends after the time that pretrained features took.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from math import ceil
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from convscope.common.percent import percent
from convscope.errors import DataError
from convscope.pictures.split import Split
from convscope.training.data.training_data import training_data
from convscope.training.events import EpochDone, Preparing, emit
from convscope.training.recipe import EASY_ACCURACY_FRACTION, resolve
from convscope.training.start.folds import stratified_folds
from convscope.training.start.gain import Gain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from convscope.pictures.store import Store
    from convscope.training.data.training_data import TrainingData
    from convscope.training.events import Event, Listener
    from convscope.training.learning.loop import Training
    from convscope.training.machine.machine import Machine
    from convscope.training.settings import Settings
    from convscope.training.start.learning import LearnedHead

GOOD_ENOUGH = 0.95
"""If one way of training reaches this accuracy, the other need not be tried."""
_EPOCHS_SHARE = 1 / 5
LONGEST = 60.0
"""Time limit of one training in a trial, in seconds."""
_SHORTEST = 2.0
_PARTS = 4
_MOST_HELD_OUT, _ENOUGH_HELD_OUT, _FEWEST_HELD_OUT = 1_000, 200, 100
FEWEST_FOR_ONE = _PARTS * _FEWEST_HELD_OUT
"""With fewer pictures, a trial has to hold out one quarter after another, and takes long."""


class Trial(NamedTuple):
    """The results of networks from scratch on held-out pictures.

    Attributes:
        held_out: (pictures,) positions in the training pictures.
        labels: (pictures,) their classes.
        is_recognised: (pictures,) whether the network not trained on a picture classifies it correctly.
    """

    held_out: NDArray[np.int64]
    labels: NDArray[np.int64]
    is_recognised: NDArray[np.bool_]

    @property
    def has_many(self) -> bool:
        """Whether enough pictures were held out."""
        return len(self.held_out) >= _ENOUGH_HELD_OUT

    @property
    def is_good_enough(self) -> bool:
        """Whether accuracy is so high, on enough pictures, that pretrained features need not be tried."""
        return len(self.held_out) >= _FEWEST_HELD_OUT and float(self.is_recognised.mean()) >= GOOD_ENOUGH

    def gain_over(self, learned: LearnedHead) -> Gain:
        """Return the gain over pretrained features on the same pictures, in cross-validation.

        Raises:
            DataError: The head was fitted to other pictures.
        """
        are_there = self.held_out < len(learned.labels)
        if not are_there.all() or not np.array_equal(learned.labels[self.held_out], self.labels):
            raise DataError("the pictures have changed during the trial", remedy="try again")
        return Gain(learned.is_recognised[self.held_out], self.is_recognised)

    @property
    def sentence(self) -> str:
        """The result, as a message.

        Example:
            >>> Trial(np.arange(200), np.zeros(200), np.arange(200) < 197).sentence
            'a network from scratch recognises 98.5 % of 200 held-out pictures after a short training'
        """
        return (
            f"a network from scratch recognises {percent(self.is_recognised.mean())} of "
            f"{len(self.held_out):,} held-out pictures after a short training"
        )


def try_from_scratch(
    data: TrainingData,
    settings: Settings,
    machine: Machine,
    seconds: float,
    is_enough: Callable[[Trial], bool],
    listeners: Sequence[Listener] = (),
) -> Trial:
    """Train from scratch for a short time on some of the pictures, and predict the others.

    Args:
        data: The pictures, prepared for training from scratch.
        settings: Settings of the run.
        machine: Device and precision.
        seconds: The time limit of each training.
        is_enough: Returns whether the result is sufficient, without another quarter.
        listeners: Called with progress events.
    """
    limited = replace(settings, minutes=max(seconds, _SHORTEST) / 60)
    store, indices = data.kept.store, data.kept.split.train
    labels, groups = store.labels[indices], data.kept.split.groups
    groups = np.arange(len(indices)) if groups is None else groups[indices]
    trial = Trial(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, bool))
    for held_out in held_out_parts(labels, groups, settings.seed):
        total = min(len(indices), _ENOUGH_HELD_OUT + len(held_out))
        progress = partial(_emit_progress, listeners, len(trial.held_out), len(held_out), total)
        learned = np.delete(indices, held_out)
        training = _trained(store, learned, indices[held_out], limited, machine, progress)
        answers = training.evaluator.predict(indices[held_out]).argmax(1).numpy()
        trial = Trial(
            np.append(trial.held_out, held_out),
            np.append(trial.labels, labels[held_out]),
            np.append(trial.is_recognised, answers == labels[held_out]),
        )
        if is_enough(trial):
            break
    return trial


def hold_out(labels: NDArray[np.int64], groups: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    """Hold out a quarter of the pictures: the first of `held_out_parts`."""
    return next(held_out_parts(labels, groups, seed), np.zeros(0, np.int64))


def held_out_parts(
    labels: NDArray[np.int64], groups: NDArray[np.int64], seed: int, most: int = _MOST_HELD_OUT
) -> Iterator[NDArray[np.int64]]:
    """Hold out one quarter of the pictures of each class after another, whole groups.

    At least one group of each class is kept each time.

    Args:
        labels: (n,) indices of classes.
        groups: (n,) the group of each picture.
        seed: Seed of the random choice.
        most: Largest number of pictures held out at a time.

    Yields:
        (held out,) positions, ascending.

    Example:
        >>> labels = np.repeat([0, 1], 8)
        >>> parts = list(held_out_parts(labels, np.arange(16), 0))
        >>> [np.bincount(labels[part]).tolist() for part in parts]
        [[2, 2], [2, 2], [2, 2], [2, 2]]
    """
    parts = max(_PARTS, ceil(len(labels) / most))
    largest = max(len(np.unique(groups[labels == label])) for label in np.unique(labels))
    for kept, held_out in stratified_folds(labels, groups, max(2, min(parts, largest)), seed):
        learnable = np.sort(held_out[np.isin(labels[held_out], labels[kept])])
        if len(learnable):
            yield learnable


def sentence(gain: Gain) -> str:
    """Return the result of a trial as a message."""
    learned, scratch = map(percent, gain.fractions)
    return (
        f"of {len(gain.before):,} held-out pictures, pretrained features recognise {learned}, "
        f"a network from scratch {scratch} after a short training"
    )


def _emit_progress(listeners: Sequence[Listener], done: int, current: int, total: int, event: Event) -> None:
    """Emit, after each epoch, the progress of the trial as a number of held-out pictures."""
    if isinstance(event, EpochDone):
        done += current * event.epoch // event.epochs
        emit(Preparing(done, total, "trying a network from scratch on"), listeners)


def _trained(
    store: Store,
    indices: NDArray[np.int64],
    held_out: NDArray[np.int64],
    settings: Settings,
    machine: Machine,
    progress: Listener,
) -> Training:
    """Train on some pictures for a share of a run's epochs, or until the held-out ones are easy."""
    from convscope.training.learning.loop import Training  # noqa: PLC0415 - imports PyTorch

    data = training_data(store, Split(indices, held_out, np.zeros(0, np.int64), ()))
    recipe = resolve(settings, data.statistics, machine)
    epochs = ceil(_EPOCHS_SHARE * recipe.epochs)
    training = Training(data, replace(recipe, epochs=epochs, easy_epochs=None))
    is_easy = False

    def look(event: Event) -> None:
        nonlocal is_easy
        if isinstance(event, EpochDone) and event.validation_accuracy_fraction is not None:
            is_easy = event.validation_accuracy_fraction >= EASY_ACCURACY_FRACTION

    training.run([progress, look], wants_stop=lambda: is_easy)
    training.finish()
    return training
