"""A head for pretrained features: a logistic regression with blocks and penalty from cross-validation.

The features of a picture are the concatenated outputs of some steps of the backbone (blocks). The candidates
are the last block alone, the last two, and all of them, each with penalties from strong to weak. The
candidate with the smallest cross-entropy on held-out folds is chosen. `docs/benchmarks/learned_features.md`
compares the result with fixed choices, and with the last block standardised per feature.

Scale and mean of the features are computed from all pictures, including held-out ones, but without labels.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from convscope.errors import SettingError
from convscope.model.evaluation import grouped_interval
from convscope.training.start.folds import stratified_folds
from convscope.training.start.logistic import Coefficients, fit_logistic
from convscope.training.start.scaled_blocks import ScaledBlocks, scale_blocks

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from convscope.training.start.folds import Fold

PENALTIES = (1000.0, 300.0, 100.0, 30.0, 10.0, 3.0, 1.0, 0.3, 0.1)
DEFAULT_PENALTY = 100.0
"""The penalty if each class has only one picture, so that none can be held out."""
MOST_FOLDS, FEWER_FOLDS = 5, 3
MANY = 1_000
"""From this many pictures on, there are fewer folds, and blocks and penalty are chosen on this many."""
ROUGH, EXACT = 1e-2, 1e-3  # tolerance of a fit: in cross-validation, and at the end


class Accuracy(NamedTuple):
    """A cross-validated accuracy.

    Attributes:
        correct: Number of held-out pictures that are predicted correctly.
        pictures: Number of pictures.
        low: Lower end of the 95 % interval (Wilson's), with each group as one observation.
        high: Its upper end.
    """

    correct: int
    pictures: int
    low: float
    high: float

    @property
    def fraction(self) -> float:
        """The accuracy, 0 to 1."""
        return self.correct / self.pictures


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """A head, and its results in cross-validation.

    Attributes:
        weights: (classes, features of the chosen blocks) float32, for the unscaled features of the backbone.
        bias: (classes,) float32.
        blocks: The names of the chosen blocks, in the order of their features.
        penalty: The chosen penalty.
        out_of_fold: (pictures, classes) float32: the logits of each picture from a model that was not trained
            on its group. None if each class has only one group.
        accuracy: Accuracy of `out_of_fold`; None if that is None.
    """

    weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    blocks: tuple[str, ...]
    penalty: float
    out_of_fold: NDArray[np.float32] | None
    accuracy: Accuracy | None

    def judged_by(self, labels: NDArray[np.int64], groups: NDArray[np.int64]) -> Head:
        """Return the head with the results for the first pictures only, given their labels and groups."""
        if self.out_of_fold is None:
            return self
        logits = self.out_of_fold[: len(labels)]
        return replace(self, out_of_fold=logits, accuracy=_accuracy(logits.argmax(axis=1) == labels, groups))


class EarlierHead(NamedTuple):
    """A head that the new one should stay close to.

    Attributes:
        weights: (classes, features of all blocks) float32.
        bias: (classes,) float32.
    """

    weights: NDArray[np.float32]
    bias: NDArray[np.float32]


class Task(NamedTuple):
    """A classification task for the head.

    Attributes:
        features: (pictures, features) float32.
        blocks: The name of each block and its columns, from the first step to the last.
        labels: (pictures,) indices of classes.
        classes: How many classes there are.
        groups: (pictures,) the group of each picture; a group, such as near-duplicates, is held out together.
        class_weights: (classes,) weight of the pictures of each class.
        begin: (pictures, classes) float32, offsets of the logits: the logits of an earlier head, or zeros.
    """

    features: NDArray[np.float32]
    blocks: Mapping[str, slice]
    labels: NDArray[np.int64]
    classes: int
    groups: NDArray[np.int64]
    class_weights: NDArray[np.float32]
    begin: NDArray[np.float32]


def fit_head(
    features: NDArray[np.float32],
    blocks: Mapping[str, slice],
    labels: NDArray[np.int64],
    classes: int,
    *,
    groups: NDArray[np.int64] | None = None,
    class_weights: Sequence[float] | NDArray[np.float32] | None = None,
    earlier: EarlierHead | None = None,
    seed: int = 0,
) -> Head:
    """Choose blocks and penalty by cross-validation, and fit a head with them to all pictures.

    Args:
        features: See `Task`.
        blocks: See `Task`.
        labels: See `Task`.
        classes: See `Task`.
        groups: See `Task`; None: each picture is a group.
        class_weights: See `Task`; None: the result of `balanced`.
        earlier: The head to start from, which reads all blocks; the penalty is on the difference from it.
            None: no such head.
        seed: Seed of the folds.

    Raises:
        SettingError: All pictures are of one class.

    Example:
        >>> features = np.array([[0, 1], [0, 2], [0, 3], [4, 1], [4, 2], [4, 3]], np.float32)
        >>> head = fit_head(features, {"last": slice(0, 2)}, np.array([0, 0, 0, 1, 1, 1]), 2)
        >>> (features @ head.weights.T + head.bias).argmax(axis=1).tolist()
        [0, 0, 0, 1, 1, 1]
        >>> head.accuracy.fraction
        1.0
    """
    if len(np.unique(labels)) < 2:
        raise SettingError(
            "all pictures are of one class",
            why="a classifier needs at least two",
            remedy="add pictures of another class",
        )
    task = Task(
        features,
        blocks,
        labels,
        classes,
        np.arange(len(labels)) if groups is None else groups,
        balanced(labels, classes) if class_weights is None else np.asarray(class_weights, np.float32),
        np.zeros((len(labels), classes), np.float32)
        if earlier is None
        else features @ earlier.weights.T + earlier.bias,
    )
    candidates = block_candidates(blocks) if earlier is None else [tuple(blocks)]
    folds = _folds(task, seed)
    if not folds:
        names = candidates[0]
        fitted = _fitted(task, _scaled(task, names), DEFAULT_PENALTY, earlier)
        return Head(*fitted, names, DEFAULT_PENALTY, None, None)
    part = _part(task, seed)
    choice = min(_choices(part, _folds(part, seed), candidates), key=lambda choice: choice.cost)
    space = _scaled(task, choice.blocks)
    out_of_fold = (
        choice.out_of_fold
        if part is task
        else _cross_validated(task, space, folds, choice.penalty, [space.zeros(task.classes)] * len(folds))[0]
    )
    return Head(
        *_fitted(task, space, choice.penalty, earlier),
        choice.blocks,
        choice.penalty,
        out_of_fold,
        _accuracy(out_of_fold.argmax(axis=1) == labels, task.groups),
    )


def refit_head(
    head: Head,
    features: NDArray[np.float32],
    blocks: Mapping[str, slice],
    labels: NDArray[np.int64],
    classes: int,
) -> Head:
    """Fit a head with the blocks and the penalty of another one, without cross-validation."""
    weights, begin = balanced(labels, classes), np.zeros((len(labels), classes), np.float32)
    task = Task(features, blocks, labels, classes, np.arange(len(labels)), weights, begin)
    fitted = _fitted(task, _scaled(task, head.blocks), head.penalty, None)
    return Head(*fitted, head.blocks, head.penalty, None, None)


def balanced(labels: NDArray[np.int64], classes: int) -> NDArray[np.float32]:
    """Return weights that make all classes count equally, with a mean of 1 over the pictures.

    Example:
        >>> balanced(np.array([0, 0, 1]), 2).tolist()
        [0.75, 1.5]
    """
    counts = np.bincount(labels, minlength=classes)
    return (len(labels) / np.count_nonzero(counts) / np.maximum(counts, 1)).astype(np.float32)


class _Choice(NamedTuple):
    cost: float
    blocks: tuple[str, ...]
    penalty: float
    out_of_fold: NDArray[np.float32]


def _choices(task: Task, folds: list[Fold], candidates: Sequence[tuple[str, ...]]) -> Iterator[_Choice]:
    """Try the candidates; weaker penalties only as long as the result improves."""
    for blocks in candidates:
        space = _scaled(task, blocks)
        found = [space.zeros(task.classes)] * len(folds)
        last = np.inf
        for penalty in PENALTIES:
            logits, found = _cross_validated(task, space, folds, penalty, found)
            cost = _cost(logits, task)
            yield _Choice(cost, blocks, penalty, logits)
            if cost > last:
                break
            last = cost


def block_candidates(blocks: Mapping[str, slice]) -> list[tuple[str, ...]]:
    """Return the candidate blocks: the last one, the last two, or all."""
    names = tuple(blocks)
    return list(dict.fromkeys((names[-1:], names[-2:], names)))


def _scaled(task: Task, blocks: Sequence[str]) -> ScaledBlocks:
    return scale_blocks(task.features, [task.blocks[name] for name in blocks])


def _folds(task: Task, seed: int) -> list[Fold]:
    """Return the training and held-out pictures of each fold; none if each class has only one group."""
    largest = max(len(np.unique(task.groups[task.labels == label])) for label in np.unique(task.labels))
    count = min(MOST_FOLDS if len(task.labels) < MANY else FEWER_FOLDS, largest)
    if count < 2:
        return []
    return stratified_folds(task.labels, task.groups, count, seed)


def _part(task: Task, seed: int) -> Task:
    """Return the task with a stratified subset of the pictures, if they are more than the choice needs."""
    count = len(task.labels)
    if count <= MANY:
        return task
    shuffled = np.random.default_rng(seed).permutation(count)
    by_class = shuffled[np.argsort(task.labels[shuffled], kind="stable")]
    kept = by_class[np.linspace(0, count - 1, MANY).astype(int)]
    return task._replace(
        features=task.features[kept],
        labels=task.labels[kept],
        groups=task.groups[kept],
        begin=task.begin[kept],
    )


def _cross_validated(
    task: Task, space: ScaledBlocks, folds: list[Fold], penalty: float, starts: Sequence[Coefficients]
) -> tuple[NDArray[np.float32], list[Coefficients]]:
    """Return the out-of-fold logits and each fold's coefficients."""
    logits = np.zeros((len(task.labels), task.classes), np.float32)
    found = []
    for (learned, held_out), start in zip(folds, starts, strict=True):
        found.append(_fit(task, space, learned, penalty, start, ROUGH))
        logits[held_out] = task.begin[held_out] + found[-1].logits(space.coordinates[held_out])
    return logits, found


def _fitted(
    task: Task, space: ScaledBlocks, penalty: float, earlier: EarlierHead | None
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return weights and bias of the head fitted to all pictures."""
    everything = np.arange(len(task.labels))
    weights, bias = space.fold(_fit(task, space, everything, penalty, space.zeros(task.classes), EXACT))
    return (weights, bias) if earlier is None else (earlier.weights + weights, earlier.bias + bias)


def _fit(
    task: Task,
    space: ScaledBlocks,
    pictures: NDArray[np.int64],
    penalty: float,
    start: Coefficients,
    tolerance: float,
) -> Coefficients:
    labels = task.labels[pictures]
    return fit_logistic(
        space.coordinates[pictures],
        labels,
        task.class_weights[labels],
        penalty,
        start=start,
        spectrum=space.spectrum,
        begin=task.begin[pictures],
        tolerance=tolerance,
    )


def _cost(logits: NDArray[np.float32], task: Task) -> float:
    """Return the mean cross-entropy, weighted by class."""
    losses = np.logaddexp.reduce(logits, axis=1) - logits[np.arange(len(task.labels)), task.labels]
    return float(np.average(losses, weights=task.class_weights[task.labels]))


def _accuracy(correct: NDArray[np.bool_], groups: NDArray[np.int64]) -> Accuracy:
    """Return the accuracy, with an interval in which copies of a picture count as one."""
    low, high = grouped_interval(float(correct.mean()), groups)
    return Accuracy(int(correct.sum()), len(correct), low, high)
