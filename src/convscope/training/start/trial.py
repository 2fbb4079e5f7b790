"""A trial: what does a network learn from scratch in the time that learned features took?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from convscope.pictures.split import Split
from convscope.training.data.training_data import training_data
from convscope.training.learning.loop import Training
from convscope.training.recipe import resolve
from convscope.training.start.folds import stratified_folds
from convscope.training.start.gain import Gain

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from convscope.pictures.store import Store
    from convscope.training.machine.machine import Machine
    from convscope.training.settings import Settings
    from convscope.training.start.learning import LearnedHead

GOOD_ENOUGH = 0.95
"""Learned features that recognise this share of photos need no trial."""
_SHORTEST, _LONGEST = 2.0, 60.0
_PARTS = 4
"""One of them is held out."""
_MOST_HELD_OUT = 1_000


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
        seconds: How long learned features took.

    Returns:
        What a network from scratch recognises of the held-out pictures, after what learned features do.
    """
    held_out = hold_out(learned.labels, learned.groups, settings.seed)
    none = np.zeros(0, np.int64)
    data = training_data(store, Split(np.delete(indices, held_out), indices[held_out], none, ()))
    limited = replace(settings, minutes=min(max(seconds, _SHORTEST), _LONGEST) / 60)
    training = Training(data, resolve(limited, data.statistics, machine))
    training.run()
    training.finish()
    answers = training.evaluator.predict(indices[held_out]).argmax(1).numpy()
    return Gain(learned.is_recognised[held_out], answers == learned.labels[held_out])


def hold_out(
    labels: NDArray[np.int64], groups: NDArray[np.int64], seed: int, most: int = _MOST_HELD_OUT
) -> NDArray[np.int64]:
    """Hold out a quarter of the pictures of each class, whole groups, and at least one of each is kept.

    Args:
        labels: (n,) indices of classes.
        groups: (n,) the group of each picture.
        seed: Of the draw.
        most: How many at most.

    Returns:
        (held out,) ascending positions.

    Example:
        >>> labels = np.repeat([0, 1], 8)
        >>> held_out = hold_out(labels, np.arange(16), 0)
        >>> np.bincount(labels[held_out]).tolist()
        [2, 2]
    """
    parts = max(_PARTS, -(-len(labels) // most))
    largest = max(len(np.unique(groups[labels == label])) for label in np.unique(labels))
    kept, held_out = stratified_folds(labels, groups, max(2, min(parts, largest)), seed)[0]
    return np.sort(held_out[np.isin(labels[held_out], labels[kept])])


def sentence(gain: Gain) -> str:
    """Say what a trial has found, for people."""
    learned, scratch = (f"{100 * share:.1f} %" for share in gain.fractions)
    return (
        f"of {len(gain.before):,} held-out pictures, learned features recognise {learned}, "
        f"a network from scratch {scratch} after the same time"
    )
