"""Even samples of the training set."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SAMPLE_SIZE = 4_096
"""Number of pictures that is enough for mean, standard deviation and whitening."""


def spread(indices: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """Return at most `most` of the indices, evenly spread.

    Example:
        >>> spread(np.arange(10), 4).tolist()
        [0, 3, 6, 9]
    """
    if len(indices) <= most:
        return indices
    return indices[np.linspace(0, len(indices) - 1, most).round().astype(np.int64)]
