"""Find wrong labels by confident learning.

A model is confident of class k if its probability is at least t_k, the mean probability of k over the
pictures labelled k. A label is suspect if the most probable of the confident classes is a different class.

Source: C. Northcutt, L. Jiang, I. Chuang, "Confident learning: estimating uncertainty in dataset labels",
2021, https://arxiv.org/abs/1911.00068.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def label_suspects(
    probabilities: NDArray[np.floating], labels: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Find the pictures whose labels are suspect, the most suspect first.

    Args:
        probabilities: (n, classes), of models that were not trained on the picture.
        labels: (n,) the given labels, at least one of each class.

    Returns:
        The indices of the pictures, and the class that each of them probably shows.

    Example:
        >>> shares = np.array([[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.2, 0.8], [0.1, 0.9]])
        >>> label_suspects(shares, np.array([0, 0, 1, 1, 0]))
        (array([4]), array([1]))
    """
    rows = np.arange(len(labels))
    own = probabilities[rows, labels]
    pictures = np.bincount(labels, minlength=probabilities.shape[1])
    sure_from = np.bincount(labels, own, probabilities.shape[1]) / np.maximum(pictures, 1)
    sure = np.where(probabilities >= np.where(pictures, sure_from, np.inf), probabilities, -1.0)
    best = sure.argmax(axis=1)
    suspects = np.flatnonzero((best != labels) & (sure[rows, best] >= 0))
    margin = probabilities[suspects, best[suspects]] - own[suspects]
    order = np.argsort(-margin, kind="stable")
    return suspects[order], best[suspects][order]
