"""ReLU6: a ReLU with a maximum of 6.

    relu6(x) = min(max(0, x), 6)

Networks for mobile devices use it: bounded activations keep more precision when they are stored in few bits.
NaN stays NaN.

Source: A. Krizhevsky, "Convolutional deep belief networks on CIFAR-10", 2010; A. Howard et al., "MobileNets",
2017, https://arxiv.org/abs/1704.04861.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from convscope.steps import relu

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from convscope.steps.arrays import Array

LIMIT = 6.0


def forward(values: ArrayLike) -> Array:
    """Limit maps or neurons to 0..6.

    Args:
        values: (channels, height, width) after a convolution, (neurons,) after a full connection.

    Returns:
        The same shape.

    Example:
        >>> forward([-2, 0, 3, 7]).tolist()
        [0.0, 0.0, 3.0, 6.0]
    """
    return np.minimum(relu.forward(values), LIMIT)


def gradient(at_output: ArrayLike, values: ArrayLike) -> Array:
    """Compute the gradient at the input: it passes through where the input is between 0 and 6.

    At exactly 0 and 6, where ReLU6 is not differentiable, the gradient is defined as 0.

    Args:
        at_output: The gradient at the output, in the shape of the values.
        values: As in `forward`.

    Raises:
        NetworkError: The shapes differ.

    Example:
        >>> gradient([5, 5, 5], values=[-2, 3, 7]).tolist()
        [0.0, 5.0, 0.0]
    """
    return np.where(np.asarray(values) >= LIMIT, 0.0, relu.gradient(at_output, values))


def explain(maps: ArrayLike, *, channel: int, row: int, column: int) -> relu.Rectified:
    """Explain how one cell is computed.

    Raises:
        SettingError: There is no such cell.

    Example:
        >>> explain([[[-2, 9]]], channel=0, row=0, column=1)
        Rectified(without=9.0, result=6.0)
    """
    without = relu.explain(maps, channel=channel, row=row, column=column).without
    return relu.Rectified(without, float(forward(without)))
