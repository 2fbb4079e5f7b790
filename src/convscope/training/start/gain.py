"""Whether one way of training is more accurate than another on the same held-out pictures, beyond chance."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Gain(NamedTuple):
    """Two ways of training, evaluated on the same held-out pictures.

    Attributes:
        before: (pictures,) whether the first way classifies each correctly.
        after: (pictures,) whether the second does.
    """

    before: NDArray[np.bool_]
    after: NDArray[np.bool_]

    @property
    def fractions(self) -> tuple[float, float]:
        """The accuracy of each way."""
        return float(self.before.mean()), float(self.after.mean())

    @property
    def difference(self) -> float:
        """The increase of the accuracy."""
        return float(self.after.mean() - self.before.mean())

    @property
    def standard_error(self) -> float:
        """The standard error of the difference, from the pictures that only one way classifies correctly.

        With shares b and c of pictures that only the first and only the second classifies correctly, it is
        sqrt((b + c - (c - b)²) / n). Source: Q. McNemar, Psychometrika 12, 1947.
        """
        changes = self.after.astype(int) - self.before.astype(int)
        return math.sqrt(float(changes.var()) / len(changes))

    @property
    def is_clear(self) -> bool:
        """Whether one way is better by more than twice the standard error."""
        return abs(self.difference) > 2 * self.standard_error

    @property
    def pays(self) -> bool:
        """Whether the second way is better by more than the standard error.

        Example:
            >>> import numpy as np
            >>> before = np.repeat([True, False], [80, 20])
            >>> Gain(before, np.repeat([True, False], [85, 15])).pays
            True
            >>> Gain(before, np.roll(before, 10)).pays
            False
        """
        return self.difference > self.standard_error
