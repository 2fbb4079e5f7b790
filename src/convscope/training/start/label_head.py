"""A head for several labels: one logistic regression per label, on pretrained features.

The regressions are independent, and cross-validation chooses the penalty of each by its own binary
cross-entropy: a label with many pictures needs a weak penalty, a rare label a strong one. All use the same
blocks of features, those with the lowest total loss. The candidates are the same as in `head.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from convscope.pictures.label_split import set_aside
from convscope.training.start.folds import each_held_out
from convscope.training.start.head import (
    DEFAULT_PENALTY,
    EXACT,
    FEWER_FOLDS,
    MANY,
    MOST_FOLDS,
    PENALTIES,
    ROUGH,
    block_candidates,
)
from convscope.training.start.logistic import Coefficients, fit_label_logistic
from convscope.training.start.scaled_blocks import ScaledBlocks, scale_blocks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from convscope.training.start.folds import Fold


@dataclass(frozen=True, slots=True, eq=False)
class LabelHead:
    """A head for several labels.

    Attributes:
        weights: (labels, features of the chosen blocks) float32, for the unscaled features of the backbone.
        bias: (labels,) float32.
        blocks: The names of the chosen blocks, in the order of their features.
        penalties: (labels,) the chosen penalties.
        out_of_fold: (pictures, labels) float32: the logits of each picture from regressions that were not
            trained on its group. None if there is only one group.
    """

    weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    blocks: tuple[str, ...]
    penalties: NDArray[np.float64]
    out_of_fold: NDArray[np.float32] | None


class _Task(NamedTuple):
    """A multi-label task: (n, features), (n, labels), and the folds of the pictures."""

    features: NDArray[np.float32]
    truth: NDArray[np.bool_]
    folds: list[Fold]


class _Choice(NamedTuple):
    """Blocks, with the best penalty of each label, its cost, and the logits of the held-out pictures."""

    blocks: tuple[str, ...]
    costs: NDArray[np.float64]
    penalties: NDArray[np.float64]
    out_of_fold: NDArray[np.float32]


def fit_label_head(
    features: NDArray[np.float32],
    blocks: Mapping[str, slice],
    truth: NDArray[np.bool_],
    *,
    groups: NDArray[np.int64],
    seed: int = 0,
) -> LabelHead:
    """Choose blocks and penalties by cross-validation, and fit the regressions with them to all pictures.

    Args:
        features: (pictures, features) float32.
        blocks: The name of each block and its columns, from the first step to the last.
        truth: (pictures, labels), whether each picture has the label.
        groups: (pictures,) the group of each picture; a group is held out together.
        seed: Seed of the folds.
    """
    everything = np.arange(len(truth))
    task = _Task(features, truth, label_folds(truth, groups, seed))
    candidates = block_candidates(blocks)
    if not task.folds:
        penalties = np.full(truth.shape[1], DEFAULT_PENALTY)
        space = _scaled(task, blocks, candidates[0])
        fitted = space.fold(_fit(task, space, everything, penalties, EXACT))
        return LabelHead(*fitted, candidates[0], penalties, None)
    part = _part(task, groups, seed)
    choices = [_choose(part, _scaled(part, blocks, names), names) for names in candidates]
    choice = min(choices, key=lambda choice: choice.costs.sum())
    space = _scaled(task, blocks, choice.blocks)
    out_of_fold = choice.out_of_fold
    if part is not task:
        out_of_fold = _cross_validated(task, space, choice.penalties)
    fitted = space.fold(_fit(task, space, everything, choice.penalties, EXACT))
    return LabelHead(*fitted, choice.blocks, choice.penalties, out_of_fold)


def label_folds(truth: NDArray[np.bool_], groups: NDArray[np.int64], seed: int) -> list[Fold]:
    """Split pictures into folds that each hold out about the same share of every label.

    Returns:
        For each fold, the positions of the training pictures and of the held-out pictures; none if there is
        only one group.
    """
    names, members = np.unique(groups, return_inverse=True)
    count = min(MOST_FOLDS if len(truth) < MANY else FEWER_FOLDS, len(names))
    if count < 2:
        return []
    labels = np.zeros((len(names), truth.shape[1]), np.bool_)
    np.logical_or.at(labels, members, truth)
    left = np.random.default_rng(seed).permutation(len(names))
    fold_of = np.full(len(names), count - 1)
    for fold in range(count - 1):
        aside = set_aside(labels[left], np.arange(len(left)), 1 / (count - fold))
        fold_of[left[aside]] = fold
        left = left[~aside]
    return each_held_out(fold_of[members])


def _part(task: _Task, groups: NDArray[np.int64], seed: int) -> _Task:
    """Return the task with a subset of the pictures, if they are more than needed for the choice."""
    if len(task.truth) <= MANY:
        return task
    kept = np.sort(np.random.default_rng(seed).permutation(len(task.truth))[:MANY])
    return _Task(task.features[kept], task.truth[kept], label_folds(task.truth[kept], groups[kept], seed))


def _scaled(task: _Task, blocks: Mapping[str, slice], names: Sequence[str]) -> ScaledBlocks:
    return scale_blocks(task.features, [blocks[name] for name in names])


def _choose(task: _Task, space: ScaledBlocks, names: tuple[str, ...]) -> _Choice:
    """Try weaker penalties as long as any label improves."""
    labels = task.truth.shape[1]
    best = _Choice(names, np.full(labels, np.inf), np.zeros(labels), np.zeros(task.truth.shape, np.float32))
    for penalty in PENALTIES:
        logits = _cross_validated(task, space, np.full(labels, penalty))
        costs = _costs(logits, task.truth)
        better = costs < best.costs
        if not better.any():
            break
        best.costs[better], best.penalties[better] = costs[better], penalty
        best.out_of_fold[:, better] = logits[:, better]
    return best


def _costs(logits: NDArray[np.float32], truth: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return each label's mean binary cross-entropy."""
    exact = logits.astype(np.float64)
    return (np.maximum(exact, 0) - exact * truth + np.log1p(np.exp(-np.abs(exact)))).mean(axis=0)


def _cross_validated(task: _Task, space: ScaledBlocks, penalties: NDArray[np.float64]) -> NDArray[np.float32]:
    logits = np.zeros(task.truth.shape, np.float32)
    for learned, held_out in task.folds:
        found = _fit(task, space, learned, penalties, ROUGH)
        logits[held_out] = found.logits(space.coordinates[held_out])
    return logits


def _fit(
    task: _Task,
    space: ScaledBlocks,
    pictures: NDArray[np.int64],
    penalties: NDArray[np.float64],
    tolerance: float,
) -> Coefficients:
    """Fit the regressions; those with the same penalty together."""
    weight, bias = space.zeros(task.truth.shape[1])
    for penalty in np.unique(penalties).tolist():
        own = np.flatnonzero(penalties == penalty)
        found = fit_label_logistic(
            space.coordinates[pictures],
            task.truth[np.ix_(pictures, own)],
            penalty,
            start=space.zeros(len(own)),
            spectrum=space.spectrum,
            tolerance=tolerance,
        )
        weight[:, own], bias[own] = found
    return Coefficients(weight, bias)
