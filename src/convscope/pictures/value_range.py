"""Scale values of other types than bytes to 0..255.

Few files state the range of their values: a 12-bit camera writes 0..4095 into 16 bits, and floats may mean
0..1 as well as 0..65535. The range is therefore inferred from the values:

- integers: the narrowest of 8, 10, 12, 14, 16, 24 and 32 bits that holds the largest value, unless the file
  gives the number of bits;
- floats: 0..1 if 99.9 % of the values are at most 1.2, otherwise 0..255, 0..1023, 0..4095, 0..16383 or
  0..65535 by the same rule, so that neither infinite pixels nor a few outliers change the rest;
- NaN and negative infinity become black and infinity white; a few values outside the range are clipped.

Pictures with many negative values are rejected, because it is unknown which value is black.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BITS = (8, 10, 12, 14, 16, 24, 32)
_OVERSHOOT = 1.2
_TAIL = 0.001
"""Share of the floats at each end that may be outside the range."""


class RangeError(ValueError):
    """Values that cannot be scaled to 0..255; the message states the reason."""


def to_bytes(
    values: NDArray[Any], bits: int | None = None, *, storage: int | None = None
) -> tuple[NDArray[np.uint8], str]:
    """Scale values to 0..255.

    Args:
        values: Booleans, integers or floats of any shape.
        bits: Bits used by the integers, if the file states it.
        storage: Bits in which they are stored, without the sign; by default those of their type.

    Returns:
        uint8 of the same shape, and how the range was guessed, if it was, otherwise "".

    Raises:
        RangeError: There are many negative values, no finite value, or complex values.

    Example:
        >>> to_bytes(np.array([0, 819, 4095], np.uint16))
        (array([  0,  51, 255], dtype=uint8), 'values up to 4,095 are taken as 12 bits')
        >>> to_bytes(np.array([0, 0.2, np.inf], np.float32))
        (array([  0,  51, 255], dtype=uint8), '1 of 3 values is infinite or no number')
    """
    if values.dtype == np.uint8:
        return values, ""
    if values.dtype == np.bool_:
        return values.astype(np.uint8) * np.uint8(255), ""
    if np.issubdtype(values.dtype, np.integer):
        return _integers(values, bits, storage or 8 * values.dtype.itemsize - (values.dtype.kind == "i"))
    if np.issubdtype(values.dtype, np.floating):
        return _floats(values.astype(np.float64))
    raise RangeError(f"its values are of type {values.dtype}")


def _integers(values: NDArray[Any], bits: int | None, storage: int) -> tuple[NDArray[np.uint8], str]:
    low, high = int(values.min()), int(values.max())
    if low < 0:
        raise RangeError(f"it has negative values ({low:,} to {high:,}), and nothing says which one is black")
    filled = bits or min(storage, next((some for some in _BITS if high < 2**some), storage))
    scaled = np.rint(np.minimum(values * (255 / (2**filled - 1)), 255)).astype(np.uint8)
    if bits or filled == storage or not high:
        return scaled, ""
    return scaled, f"values up to {high:,} are taken as {filled} bits"


def _floats(values: NDArray[np.float64]) -> tuple[NDArray[np.uint8], str]:
    finite = values[np.isfinite(values)]
    if not finite.size:
        raise RangeError("none of its values is a finite number")
    low, high = np.quantile(finite, (_TAIL, 1 - _TAIL))
    fulls = (1, *(2**bits - 1 for bits in _BITS if bits <= 16))
    full = next((some for some in fulls if high <= _OVERSHOOT * some), None)
    if full is None:
        raise RangeError(f"its values reach {high:,.6g}; floats may fill 0..1 up to 0..65,535")
    if low < (1 - _OVERSHOOT) * full:
        raise RangeError(f"it has negative values (down to {low:,.4g}), and nothing says which one is black")
    scaled = np.nan_to_num(values * (255 / full), nan=0.0, posinf=255.0, neginf=0.0)
    return np.rint(np.clip(scaled, 0, 255)).astype(np.uint8), _float_guess(
        full, values.size - finite.size, values
    )


def _float_guess(full: int, odd: int, values: NDArray[np.float64]) -> str:
    guesses: list[str] = []
    if full > 255:
        guesses.append(f"values up to {np.max(values[np.isfinite(values)]):,.6g} are taken as 0..{full:,}")
    if odd:
        guesses.append(
            f"{odd:,} of {values.size:,} values {'are' if odd > 1 else 'is'} infinite or no number"
        )
    return "; ".join(guesses)
