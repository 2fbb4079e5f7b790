"""What each filter and neuron responds to: the pictures that activate it most, and its class.

A neuron's activation is its value after ReLU, a filter's the largest cell of its feature map after ReLU. The
neurons of the output layer have no ReLU: their activation is the logit.

The class selectivity index measures how specific the mean activations are to one class:

    (largest - mean of the others) / (largest + mean of the others)

from 0 (the same for all classes) to 1 (zero for all other classes).

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
"""Number of most activating pictures per neuron."""


@dataclass(frozen=True, slots=True, eq=False)
class Activations:
    """The activations of the filters or neurons (units) of one step.

    Attributes:
        step: `convolution_1.relu`, ..., or the output layer.
        pictures: (units, k) positions in the selection of the most activating pictures, the strongest first;
            k is `MAX_PICTURES`, or the number of pictures if that is smaller.
        values: (units, k) their activations.
        cells: (units, k, 2) row and column of the largest cell of the map; None if there are no maps.
        mean: (units, classes) mean activation on the pictures of each class, or that have each label; NaN
            without pictures.
        field: The receptive field of a cell or a neuron.
    """

    step: str
    pictures: NDArray[np.int64]
    values: NDArray[np.float32]
    cells: NDArray[np.int64] | None
    mean: NDArray[np.float64]
    field: ReceptiveField

    @property
    def classes(self) -> NDArray[np.int64]:
        """(units,) the class with the largest mean activation."""
        return np.nanargmax(self.mean, axis=1)

    @property
    def selectivity(self) -> NDArray[np.float64]:
        """(units,) the class selectivity index; NaN if it is undefined."""
        return selectivity(self.mean)


def collect_activations(
    model: Model, selection: Selection, progress: Progress | None = None
) -> list[Activations]:
    """Find the pictures that activate each filter and neuron most, and their mean activations by class.

    The pictures pass through the network once, in batches.

    Args:
        model: The model.
        selection: Labelled pictures, prepared for the model.
        progress: Called with (pictures done, pictures in all).

    Returns:
        One entry for each convolution and full connection, in order, the output layer last.
    """
    chain = model.chain
    steps = [chain.activation(step) for step in chain.layers if step.parameters]
    runtime = Intermediate(model, [step.name for step in steps])
    collectors = {step.name: _Collector() for step in steps}
    truth = selection.target.indicators(selection.labels)
    total, batch_size = len(selection.indices), batch_size_of(model.chain)
    for start in range(0, total, batch_size):
        positions = np.arange(start, min(start + batch_size, total))
        values = runtime.values(selection.store.pictures[selection.indices[positions]])
        for name, collector in collectors.items():
            collector.add(positions, truth[positions], values[name])
        if progress:
            progress(int(positions[-1]) + 1, total)
    return [collectors[step.name].result(step) for step in steps]


def selectivity(mean: NDArray[np.float64]) -> NDArray[np.float64]:
    """Compute the class selectivity index of each row of mean activations.

    Args:
        mean: (units, classes); NaN for a class without pictures.

    Returns:
        (units,); NaN if it is undefined: for a row with a negative mean, without a positive mean, or with
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
    undefined = np.full(len(mean), np.nan)
    return np.divide(largest - others, largest + others, out=undefined, where=defined)


@dataclass(slots=True, eq=False)
class _Collector:
    """Collects the activations of one step, batch by batch; `best` is (activation, position, cell)."""

    sums: NDArray[np.float64] = field(default_factory=lambda: np.zeros(()))
    counts: NDArray[np.int64] = field(default_factory=lambda: np.zeros((), np.int64))
    best: NDArray[np.float64] = field(default_factory=lambda: np.zeros((3, 0, 1)))
    map_shape: tuple[int, int] | None = None

    def add(
        self, positions: NDArray[np.int64], truth: NDArray[np.bool_], values: NDArray[np.float32]
    ) -> None:
        """Add the outputs of a batch, (pictures, units, ...), and its truth, (pictures, classes)."""
        flat = values.reshape(*values.shape[:2], -1)
        cells = flat.argmax(axis=2)
        largest = np.take_along_axis(flat, cells[:, :, np.newaxis], axis=2)[:, :, 0].astype(np.float64)
        self.sums = self.sums + largest.T @ truth
        self.counts = self.counts + truth.sum(axis=0, dtype=np.int64)
        self.map_shape = (values.shape[2], values.shape[3]) if values.ndim == 4 else None
        repeated = np.broadcast_to(positions[:, np.newaxis], largest.shape)
        self._keep_best(np.stack([largest, repeated.astype(np.float64), cells.astype(np.float64)]))

    def _keep_best(self, new: NDArray[np.float64]) -> None:
        """Keep the largest activations of each unit; of equal ones the earlier."""
        candidates = np.concatenate([self.best, new], axis=1) if self.best.size else new
        order = np.argsort(-candidates[0], axis=0, kind="stable")[:MAX_PICTURES]
        self.best = np.take_along_axis(candidates, order[np.newaxis], axis=1)

    def result(self, step: Step) -> Activations:
        values, positions, cells = self.best.transpose(0, 2, 1)
        with np.errstate(invalid="ignore"):
            mean = self.sums / self.counts
        width = self.map_shape[1] if self.map_shape else 1
        rows, columns = np.divmod(cells.astype(np.int64), width)
        return Activations(
            step.name,
            pictures=positions.astype(np.int64),
            values=values.astype(np.float32),
            cells=np.stack([rows, columns], axis=2) if self.map_shape else None,
            mean=mean,
            field=step.receptive_field,
        )
