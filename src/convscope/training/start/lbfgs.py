"""The minimum of a smooth convex function, by L-BFGS.

Each step goes along -H g, where g is the gradient and H an approximation of the inverse Hessian. L-BFGS does
not store H: it applies the last few pairs of step s and gradient change y (Nocedal and Wright, Numerical
Optimization, 2nd ed., algorithms 7.4 and 7.5). The line search starts at the full step and halves it until
the cost has decreased enough (Armijo's condition).

SciPy has the same algorithm, but importing `scipy.optimize` takes longer than training a head on few
pictures.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Pair = tuple[NDArray[np.float64], NDArray[np.float64], float]

_MEMORY = 10
_MOST_STEPS = 200
_MOST_HALVINGS = 20
_SLOPE_SHARE = 1e-4
"""Armijo's condition: the cost must decrease by this share of its linear approximation."""


def minimise(
    cost: Callable[[NDArray[np.float64]], tuple[float, NDArray[np.float64]]],
    first: NDArray[np.float64],
    tolerance: float,
) -> NDArray[np.float64]:
    """Return the minimum point of a function.

    Args:
        cost: Returns the value and the gradient (n,) at a point (n,).
        first: Starting point, (n,).
        tolerance: Stop when no component of the gradient is larger; or after 200 steps, or when rounding
            prevents a further decrease.

    Example:
        >>> found = minimise(lambda x: (float(((x - 3) ** 2).sum()), 2 * (x - 3)), np.zeros(2), 1e-6)
        >>> found.round(6).tolist()
        [3.0, 3.0]
    """
    point, pairs = first, deque["Pair"](maxlen=_MEMORY)
    value, gradient = cost(point)
    for _ in range(_MOST_STEPS):
        if np.abs(gradient).max() <= tolerance:
            break
        step = -_applied(pairs, gradient)
        slope = float(step @ gradient)
        for _ in range(_MOST_HALVINGS):
            next_value, next_gradient = cost(point + step)
            if next_value <= value + _SLOPE_SHARE * slope:
                break
            step, slope = step / 2, slope / 2
        else:
            break
        change = next_gradient - gradient
        if (curvature := float(step @ change)) > 0:
            pairs.append((step, change, 1 / curvature))
        point, value, gradient = point + step, next_value, next_gradient
    return point


def _applied(pairs: deque[Pair], gradient: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return H g: the two loops of algorithm 7.4."""
    direction, factors = gradient.copy(), list[float]()
    for step, change, inverse in reversed(pairs):
        factors.append(inverse * float(step @ direction))
        direction -= factors[-1] * change
    if pairs:
        _, change, inverse = pairs[-1]
        direction /= inverse * float(change @ change)
    for step, change, inverse in pairs:
        direction += (factors.pop() - inverse * float(change @ direction)) * step
    return direction
