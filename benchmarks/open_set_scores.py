"""Scores of how well pictures fit known classes; `learned_features.py` explains them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import logsumexp, softmax
from sklearn.model_selection import StratifiedKFold

from convscope.model import nearest, virtual_logit
from convscope.model.open_set import REJECTED_FRACTION, threshold_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from convscope.training.start.head import Head

    Values = NDArray[Any]
    Score = Callable[[Values, Values], Values]

SCORES = ("probability", "energy", "class mean", "nearest", "ViM")
FOLDS = 5
FEWEST = 19
"""Number of training pictures needed for a threshold that rejects 5 %."""


def judge(
    name: str, head: Head, features: Values, labels: Values, blocks: list[slice]
) -> tuple[Score, float]:
    """Return a score and its threshold.

    Args:
        name: Name of the score.
        head: The head fitted to the pictures, with logits divided by the temperature.
        features: (pictures, features), the input of the head.
        labels: (pictures,) classes, with at least five pictures each.
        blocks: The columns of each block.
    """
    if name == "nearest":
        alone, digests = np.arange(len(features)), np.zeros((len(features), 16), np.uint8)
        rule = nearest.fit(features, blocks, alone, digests, labels)
        if rule is None:
            raise ValueError("there are too few pictures")
        return rule.score, rule.threshold
    logits = np.zeros((len(labels), len(head.bias))) if head.out_of_fold is None else head.out_of_fold
    scores = np.empty(len(features))
    for learned, held_out in StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(features, labels):
        score = _score(name, head, features[learned], labels[learned])
        scores[held_out] = score(features[held_out], logits[held_out])
    return _score(name, head, features, labels), threshold_for(scores, REJECTED_FRACTION) or 0.0


def _score(name: str, head: Head, features: Values, labels: Values) -> Score:
    if name == "probability":
        return lambda _features, logits: softmax(logits, axis=1).max(axis=1)
    if name == "energy":
        return lambda _features, logits: np.asarray(logsumexp(logits, axis=1))
    if name == "class mean":
        means = _unit(
            np.stack([_unit(features)[labels == label].mean(axis=0) for label in np.unique(labels)])
        )
        return lambda features, _logits: (_unit(features) @ means.T).max(axis=1)
    enough = np.resize(features, (max(FEWEST, len(features)), features.shape[1]))  # its threshold is not used
    rule = virtual_logit.fit(features, enough, head.weights, head.bias)
    if rule is None:
        raise ValueError("there are too few pictures")
    return rule.score


def _unit(rows: Values) -> Values:
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
