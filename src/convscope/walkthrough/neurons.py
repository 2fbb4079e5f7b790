"""What every filter and neuron answers to: the pictures that light it up most, and the class it speaks for.

A neuron's answer to a picture is its value after ReLU; a filter's is the largest cell of its map after ReLU.
The neurons of the output layer have no ReLU: their answer is the logit.

How clearly the mean answers single out one class is told by the class selectivity index,

    (largest - mean of the others) / (largest + mean of the others)

from 0, all classes alike, to 1, no answer to any other class.

Source: A. Morcos et al., "On the importance of single directions for generalization", ICLR 2018,
https://arxiv.org/abs/1803.06959, section 2.3.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from convscope.model.intermediate import Intermediate
from convscope.model.predictor import batch_size_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from convscope.model.file import Model
    from convscope.model.selection import Selection
    from convscope.network.chain import Step
    from convscope.network.receptive_field import ReceptiveField
    from convscope.pictures.decoding import Progress

MAX_PICTURES = 16
"""So many of the pictures that light a neuron up most are told."""


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """What the filters or neurons of one step answer.

    Attributes:
        step: `convolution_1.relu`, ..., or the output layer.
        pictures: (units, k) places in the selection of the pictures with the largest answers, the largest
            first; k is `MAX_PICTURES`, or the number of pictures where that is smaller.
        values: (units, k) those answers.
        cells: (units, k, 2) row and column of the largest cell of the map; None where there are no maps.
        mean: (units, classes) mean answer to the pictures of each class; NaN where a class has none.
        field: What a cell, or a neuron, sees of the picture.
    """

    step: str
    pictures: NDArray[np.int64]
    values: NDArray[np.float32]
    cells: NDArray[np.int64] | None
    mean: NDArray[np.float64]
    field: ReceptiveField

    @property
    def classes(self) -> NDArray[np.int64]:
        """(units,) the class that each speaks for: the one with the largest mean answer."""
        return np.nanargmax(self.mean, axis=1)

    @property
    def selectivity(self) -> NDArray[np.float64]:
        """(units,) the class selectivity index; NaN where it is not defined."""
        return selectivity(self.mean)


def answers(model: Model, selection: Selection, progress: Progress | None = None) -> list[Answers]:
    """Show a network many pictures and keep what its filters and neurons answered most to.

    The pictures pass once, a batch in memory at a time.

    Args:
        model: The model.
        selection: Labelled pictures, prepared for the model.
        progress: Called with (pictures shown, pictures in all).

    Returns:
        One for every convolution and full connection, in order, the output layer last.
    """
    chain = model.chain
    steps = [chain.activation(step) for step in chain.layers if step.parameters]
    engine = Intermediate(model, [step.name for step in steps])
    gathered = {step.name: _Gathered(len(model.classes)) for step in steps}
    total, at_once = len(selection.indices), batch_size_of(model)
    for start in range(0, total, at_once):
        places = np.arange(start, min(start + at_once, total))
        values = engine.values(selection.store.pictures[selection.indices[places]])
        for name, values_so_far in gathered.items():
            values_so_far.take(places, selection.labels[places], values[name])
        if progress:
            progress(int(places[-1]) + 1, total)
    return [gathered[step.name].told(step) for step in steps]


def selectivity(mean: NDArray[np.float64]) -> NDArray[np.float64]:
    """Compute the class selectivity index of every row of mean answers.

    Args:
        mean: (units, classes); NaN where a class has no pictures.

    Returns:
        (units,); NaN where it is not defined: a row with a negative mean, or with nothing above 0, or with
        fewer than two classes that have pictures.

    Example:
        >>> selectivity(np.array([[3.0, 1.0], [2.0, 0.0], [1.0, 1.0], [0.0, 0.0]])).tolist()
        [0.5, 1.0, 0.0, nan]
    """
    known = ~np.isnan(mean)
    filled = np.where(known, mean, 0)
    largest = np.where(known, mean, -np.inf).max(axis=1)
    others = (filled.sum(axis=1) - largest) / np.maximum(known.sum(axis=1) - 1, 1)
    defined = (filled.min(axis=1) >= 0) & (largest > 0) & (known.sum(axis=1) > 1)
    found = np.full(len(mean), np.nan)
    return np.divide(largest - others, largest + others, out=found, where=defined)


@dataclass(slots=True, eq=False)
class _Gathered:
    """What was answered so far."""

    class_count: int
    sums: NDArray[np.float64] = field(default_factory=lambda: np.zeros(()))
    counts: NDArray[np.int64] = field(default_factory=lambda: np.zeros((), np.int64))
    best: NDArray[np.float64] = field(default_factory=lambda: np.zeros((3, 0, 1)))
    map_shape: tuple[int, int] | None = None

    def take(self, places: NDArray[np.int64], labels: NDArray[np.int64], values: NDArray[np.float32]) -> None:
        """Take the values of a batch, (n, units, ...)."""
        flat = values.reshape(*values.shape[:2], -1)
        cells = flat.argmax(axis=2)
        found = np.take_along_axis(flat, cells[:, :, np.newaxis], axis=2)[:, :, 0].astype(np.float64)
        is_class = np.eye(self.class_count)[labels]
        self.sums = self.sums + found.T @ is_class
        self.counts = self.counts + is_class.sum(axis=0, dtype=np.int64)
        self.map_shape = (values.shape[2], values.shape[3]) if values.ndim == 4 else None
        where = np.broadcast_to(places[:, np.newaxis], found.shape)
        self._keep_best(np.stack([found, where.astype(np.float64), cells.astype(np.float64)]))

    def _keep_best(self, new: NDArray[np.float64]) -> None:
        """Of (answer, place, cell) by picture and unit, keep the largest answers; of equals the earlier."""
        among = np.concatenate([self.best, new], axis=1) if self.best.size else new
        order = np.argsort(-among[0], axis=0, kind="stable")[:MAX_PICTURES]
        self.best = np.take_along_axis(among, order[np.newaxis], axis=1)

    def told(self, step: Step) -> Answers:
        values, places, cells = self.best.transpose(0, 2, 1)
        with np.errstate(invalid="ignore"):
            mean = self.sums / self.counts
        across = self.map_shape[1] if self.map_shape else 1
        at = cells.astype(np.int64)
        return Answers(
            step.name,
            pictures=places.astype(np.int64),
            values=values.astype(np.float32),
            cells=np.stack([at // across, at % across], axis=2) if self.map_shape else None,
            mean=mean,
            field=step.receptive_field,
        )
