"""Weights with 16 bits each: every filter and neuron is written in steps of its own.

    step      = largest |w| of the filter / 32767
    multiple  = round(w / step)                    int16
    w'        = multiple * step                    |w' - w| <= step / 2

Half precision would take the same room with 11 digits for every weight, where here the large ones, which
matter, have 16.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LARGEST = 32_767


def split(weights: NDArray[np.float32]) -> tuple[NDArray[np.int16], NDArray[np.float32]]:
    """Write weights as whole multiples of steps.

    Args:
        weights: float32 of shape (filters, ...).

    Returns:
        Multiples, int16 of the same shape, and steps, float32 (filters,), above 0.

    Example:
        >>> multiples, steps = split(np.array([[0.5, -1.0], [0.0, 0.0]], np.float32))
        >>> multiples.tolist(), bool(steps[0] == np.float32(1 / 32767)), steps[1].item()
        ([[16384, -32767], [0, 0]], True, 1.0)
    """
    flat = weights.reshape(len(weights), -1)
    largest = np.abs(flat).max(axis=1)
    steps = (largest / np.float32(_LARGEST)).astype(np.float32)
    steps[steps == 0] = 1  # nothing but zeros, or so small that it is as good as nothing
    multiples = np.clip(np.rint(flat / steps[:, np.newaxis]), -_LARGEST, _LARGEST)
    return multiples.astype(np.int16).reshape(weights.shape), steps


def rounded(weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Give the weights that come back out of multiples and steps, as the page computes with.

    Example:
        >>> rounded(np.array([[1.0, 0.123456]], np.float32)).tolist()
        [[1.0, 0.12344737350940704]]
    """
    multiples, steps = split(weights)
    return multiples * steps.reshape(-1, *[1] * (weights.ndim - 1))
