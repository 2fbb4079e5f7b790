"""Weights in 16 bits: int16 with one scale for each filter or neuron.

    scale     = largest |w| of the filter / 32767
    multiple  = round(w / scale)                   int16
    w'        = multiple * scale                   |w' - w| <= scale / 2

Half precision (float16) needs the same space but has only 11 significant bits for each weight; here the
large weights, which matter most, have 16.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MAX_MULTIPLE = 32_767


def split(weights: NDArray[np.float32]) -> tuple[NDArray[np.int16], NDArray[np.float32]]:
    """Split weights into integers and one scale for each filter.

    Args:
        weights: float32 of shape (filters, ...).

    Returns:
        The multiples, int16 of the same shape, and the scales, float32 (filters,), above 0.

    Example:
        >>> multiples, scales = split(np.array([[0.5, -1.0], [0.0, 0.0]], np.float32))
        >>> multiples.tolist(), bool(scales[0] == np.float32(1 / 32767)), scales[1].item()
        ([[16384, -32767], [0, 0]], True, 1.0)
    """
    flat = weights.reshape(len(weights), -1)
    largest = np.abs(flat).max(axis=1)
    scales = (largest / np.float32(_MAX_MULTIPLE)).astype(np.float32)
    scales[scales == 0] = 1  # only zeros, or numbers too small to matter
    multiples = np.clip(np.rint(flat / scales[:, np.newaxis]), -_MAX_MULTIPLE, _MAX_MULTIPLE)
    return multiples.astype(np.int16).reshape(weights.shape), scales


def rounded(weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the rounded weights that the page computes with.

    Example:
        >>> rounded(np.array([[1.0, 0.123456]], np.float32)).tolist()
        [[1.0, 0.12344737350940704]]
    """
    multiples, scales = split(weights)
    return multiples * scales.reshape(-1, *[1] * (weights.ndim - 1))
