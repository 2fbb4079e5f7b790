"""ReLU (rectified linear unit): negative numbers become 0, the others stay.

    relu(x) = max(0, x)

Convolutions and full connections are linear. Without a nonlinearity between them, a stack of them would be
equivalent to a single linear step; ReLU is the simplest nonlinearity. NaN stays NaN.

Source: Deep Learning, section 6.3.1; X. Glorot, A. Bordes, Y. Bengio, "Deep sparse rectifier neural
networks", AISTATS 2011.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from convscope.errors import NetworkError
from convscope.steps.arrays import Array, require_inside

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


@dataclass(frozen=True, slots=True)
class Rectified:
    """How one number is computed: max(0, `without`) = result."""

    without: float
    result: float


def forward(values: ArrayLike) -> Array:
    """Replace negative numbers by 0.

    Args:
        values: Any shape, such as (channels, height, width) maps or (neurons,).

    Returns:
        The same shape.

    Example:
        >>> forward([-2, 0, 3]).tolist()
        [0.0, 0.0, 3.0]
    """
    return np.maximum(np.asarray(values, dtype=np.float64), 0.0)


def gradient(at_output: ArrayLike, values: ArrayLike) -> Array:
    """Compute the gradient at the input: it passes through where the input is positive.

    At exactly 0, where ReLU is not differentiable, the gradient is defined as 0.

    Args:
        at_output: The gradient at the output, in the shape of the values.
        values: As in `forward`.

    Raises:
        NetworkError: The shapes differ.

    Example:
        >>> gradient([5, 5, 5], values=[-2, 0, 3]).tolist()
        [0.0, 0.0, 5.0]
    """
    at_output, values = np.asarray(at_output, dtype=np.float64), np.asarray(values, dtype=np.float64)
    if at_output.shape != values.shape:
        raise NetworkError(
            f"gradients of shape {at_output.shape} do not fit", why=f"the values have shape {values.shape}"
        )
    return np.where(values <= 0, 0.0, at_output)


def explain(maps: ArrayLike, *, channel: int, row: int, column: int) -> Rectified:
    """Explain how one cell is computed.

    Args:
        maps: (channels, height, width).
        channel: Index of the map.
        row: Row of the cell.
        column: Column of the cell.

    Raises:
        SettingError: There is no such cell.

    Example:
        >>> explain([[[-2, 3]]], channel=0, row=0, column=0)
        Rectified(without=-2.0, result=0.0)
    """
    maps = np.asarray(maps, dtype=np.float64)
    require_inside(maps.shape, channel=channel, row=row, column=column)
    without = maps[channel, row, column]
    return Rectified(float(without), float(forward(without)))
