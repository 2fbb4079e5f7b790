"""Split multi-label pictures so that each label has about the same share on both sides.

Stratification by label set would not work, because most sets have only one or two pictures. Iterative
stratification processes one label after another, the one with the fewest remaining pictures first, and holds
out as many of its pictures as its share still lacks; pictures without a label come last.

Source: K. Sechidis, G. Tsoumakas, I. Vlahavas, "On the stratification of multi-label data", ECML PKDD 2011,
https://doi.org/10.1007/978-3-642-23808-6_10.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def set_aside(indicators: NDArray[np.bool_], order: NDArray[np.int64], fraction: float) -> NDArray[np.bool_]:
    """Choose the pictures to hold out.

    A label with a single picture stays in the training set.

    Args:
        indicators: (n, labels), whether each picture has each label.
        order: (n,) the pictures in random order; the first ones of each label are held out.
        fraction: Share of the pictures of each label to hold out.

    Returns:
        (n,) whether each picture is held out.

    Example:
        >>> labels = np.array([[1, 0], [1, 1], [1, 1], [1, 0], [0, 0], [0, 0]], bool)
        >>> set_aside(labels, np.arange(6), 0.5).tolist()
        [True, True, False, False, True, False]
    """
    with_none = np.column_stack([indicators, ~indicators.any(axis=1)])
    wanted = np.rint(fraction * with_none.sum(axis=0)).astype(int)
    aside, open_ones = np.zeros(len(indicators), np.bool_), np.ones(len(indicators), np.bool_)
    left = {label: int(with_none[:, label].sum()) for label in range(with_none.shape[1])}
    none = len(left) - 1
    while left:
        label = min(left, key=lambda one: (one == none, left[one], one))
        members = order[(open_ones & with_none[:, label])[order]]
        missing = max(0, int(wanted[label] - with_none[aside, label].sum()))
        aside[members[:missing]] = True
        open_ones[members] = False
        del left[label]
        left = {other: int(with_none[open_ones, other].sum()) for other in left}
    return aside
