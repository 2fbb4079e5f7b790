"""Quantised weights: integers of up to 16 bits with one scale per filter or neuron.

    scale     = largest |w| of the filter / largest multiple, rounded up to four digits
    multiple  = round(w / scale)
    w'        = multiple * scale                                        |w' - w| <= scale / 2

The size of the multiples determines the space of a weight after compression. In a layer of n weights, the
largest multiple is

    4,000,000 / sqrt(n), but at least 4,095 and at most 32,767

so a layer with four times as many weights has one bit less per weight. This allocation of bits is optimal if
the same relative error of the weights is equally harmful in every layer. Layers with few weights take little
space and are not rounded.

Source: A. Gersho, R. M. Gray, "Vector quantization and signal compression", 1992, section 8.3 (bit
allocation).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BUDGET = 4e6
_LEAST, _MOST = 4_095, 32_767
MAX_EXACT = 8_192
"""Layers of up to this many weights are not rounded."""


def split(weights: NDArray[np.float32]) -> tuple[NDArray[np.int32], list[float]]:
    """Split a layer's weights into integers and one scale per filter.

    Args:
        weights: float32 of shape (filters, ...).

    Returns:
        The multiples, of the same shape and within int16, and the scales, one per filter, above 0.

    Example:
        >>> multiples, scales = split(np.array([[0.5, -1.0], [0.0, 0.0]], np.float32))
        >>> multiples.tolist(), scales
        ([[16383, -32765], [0, 0]], [3.052e-05, 1.0])
    """
    flat = weights.reshape(len(weights), -1).astype(np.float64)
    most = largest_multiple(weights.size)
    scales = [_round_up(float(largest) / most) for largest in np.abs(flat).max(axis=1)]
    multiples = np.rint(flat / np.array(scales)[:, np.newaxis])
    return multiples.astype(np.int32).reshape(weights.shape), scales


def is_rounded(weights: NDArray[np.float32]) -> bool:
    """Whether the page rounds these weights: those of large layers, but no biases."""
    return weights.ndim > 1 and weights.size > MAX_EXACT


def rounded(weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the weights used by the page.

    Example:
        >>> rounded(np.full((1, 10_000), 0.123456, np.float32))[0, 0].item()
        0.12345...
        >>> rounded(np.full((1, 100), 0.123456, np.float32))[0, 0].item()
        0.123456...
    """
    if not is_rounded(weights):
        return weights
    multiples, scales = split(weights)
    return (multiples * np.array(scales).reshape(-1, *[1] * (weights.ndim - 1))).astype(np.float32)


def largest_multiple(count: int) -> int:
    """Return the largest multiple in a layer with this many weights.

    Example:
        >>> largest_multiple(1_000), largest_multiple(250_000), largest_multiple(10**7)
        (32767, 8000, 4095)
    """
    return round(min(_MOST, max(_LEAST, _BUDGET / math.sqrt(count))))


def _round_up(scale: float) -> float:
    """Round a scale up to four digits, which are short in text; 1 if there are only zeros."""
    if not scale:
        return 1.0
    unit = 10.0 ** (math.floor(math.log10(scale)) - 3)
    return float(f"{math.ceil(scale / unit) * unit:.3e}")
