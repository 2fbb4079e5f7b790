"""A trial: does a network learn more from scratch than learned features recognise?

The network learns from three quarters of the pictures for a fifth of its epochs, and both ways are compared
on the last quarter. A few pictures tell little: then another quarter is held out, until the difference is
clear or every picture has been held out.

Epochs are counted, not seconds, so that a busy machine comes to the same decision. Steps on photos take long;
with them, the trial ends after the time that learned features took.
"""

from __future__ import annotations

from dataclasses import replace
from math import ceil
from typing import TYPE_CHECKING

import numpy as np

from convscope.pictures.split import Split
from convscope.training.data.training_data import training_data
from convscope.training.learning.loop import Training
from convscope.training.recipe import resolve
from convscope.training.start.folds import stratified_folds
from convscope.training.start.gain import Gain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from convscope.pictures.store import Store
    from convscope.training.machine.machine import Machine
    from convscope.training.settings import Settings
    from convscope.training.start.learning import LearnedHead

GOOD_ENOUGH = 0.95
"""Learned features that recognise this share of photos need no trial."""
_EPOCHS_SHARE = 1 / 5
_SHORTEST, _LONGEST = 2.0, 60.0  # seconds
_PARTS = 4
_MOST_HELD_OUT, _ENOUGH_HELD_OUT = 1_000, 200


def try_from_scratch(
    store: Store,
    indices: NDArray[np.int64],
    learned: LearnedHead,
    settings: Settings,
    machine: Machine,
    seconds: float,
) -> Gain:
    """Train from scratch for a while on some of the pictures, and compare on the others.

    Args:
        store: The pictures, prepared for training from scratch.
        indices: (n,) of those that are learned from.
        learned: The head on learned features of the same pictures, cross-validated.
        settings: Of the run.
        machine: Device and precision.
        seconds: The time limit of each training.

    Returns:
        What networks from scratch recognise of the held-out pictures, after what learned features do.
    """
    limited = replace(settings, minutes=max(seconds, _SHORTEST) / 60)
    gain = Gain(np.zeros(0, bool), np.zeros(0, bool))
    for held_out in held_out_parts(learned.labels, learned.groups, settings.seed):
        training = _trained(store, np.delete(indices, held_out), limited, machine)
        answers = training.evaluator.predict(indices[held_out]).argmax(1).numpy()
        recognised = answers == learned.labels[held_out]
        gain = Gain(
            np.append(gain.before, learned.is_recognised[held_out]), np.append(gain.after, recognised)
        )
        if gain.is_clear or len(gain.before) >= _ENOUGH_HELD_OUT:
            break
    return gain


def time_limit(seconds: float, *, small: bool) -> float:
    """Return how many seconds each training of a trial may take.

    Args:
        seconds: How long learned features took.
        small: Whether pictures are so small that epochs are short: a limit for the worst case then.

    Example:
        >>> time_limit(8, small=False), time_limit(300, small=False), time_limit(8, small=True)
        (8, 60.0, 60.0)
    """
    return max(seconds, _LONGEST) if small else min(seconds, _LONGEST)


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
        seed: Of the draw.
        most: How many are held out at a time, at most.

    Yields:
        (held out,) ascending positions.

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
    """Say what a trial has found, for people."""
    learned, scratch = (f"{100 * share:.1f} %" for share in gain.fractions)
    return (
        f"of {len(gain.before):,} held-out pictures, learned features recognise {learned}, "
        f"a network from scratch {scratch} after a short training"
    )


def _trained(store: Store, indices: NDArray[np.int64], settings: Settings, machine: Machine) -> Training:
    """Train on some pictures for a share of the epochs that a run would have."""
    none = np.zeros(0, np.int64)
    data = training_data(store, Split(indices, none, none, ()))
    recipe = resolve(settings, data.statistics, machine)
    epochs = ceil(_EPOCHS_SHARE * recipe.epochs)
    training = Training(data, replace(recipe, epochs=epochs, easy_epochs=None))
    training.run()
    training.finish()
    return training
