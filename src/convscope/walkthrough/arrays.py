"""Arrays inside JSON: small, readable by a browser without a library, and exact unless they say otherwise."""

from __future__ import annotations

import base64
import math
import zlib
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Self

    from numpy.typing import NDArray

DType = Literal["float32", "int16", "int32", "uint8"]
Step = Annotated[float, Field(gt=0, allow_inf_nan=False)]

STEPS_PER_DEVIATION = 50
"""A standard deviation is at least so many steps, and at most 2.5 times as many: about nine bits a number."""
_MOST_STEPS = 13_000  # to the largest number; a step that is rounded down by 2.5 still leaves it inside int16
_RAW_DEFLATE = -15  # zlib's number for RFC 1951 without header and checksum
STORED, DEFLATED = 0, 6
"""How hard zlib tries: not at all, where the walk is read at once and no further than here, or to be kept."""


class EncodedArray(BaseModel):
    """An array as it stands in a walk.

    Attributes:
        dtype: The type of the numbers; of int16 they are whole multiples of the steps.
        shape: The axes' sizes.
        data: base64 of the raw-deflated (RFC 1951) little-endian values in C order. int16 are folded,
            0, -1, 1, -2, ... as 0, 1, 2, 3, ..., and the low bytes of all stand before the high bytes of all:
            both deflate better so.
        steps: Of int16 one for each index of the first axis, else None.

    Example:
        >>> encoded = encode(np.array([[1.5, -2.0]]), "float32")
        >>> encoded.shape, encoded.values().tolist()
        ([1, 2], [[1.5, -2.0]])
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    dtype: DType
    shape: list[int]
    data: str
    steps: list[Step] | None = None

    @model_validator(mode="after")
    def _has_steps_where_it_needs_them(self) -> Self:
        wanted = self.shape[0] if self.dtype == "int16" else None
        if wanted != (None if self.steps is None else len(self.steps)):
            raise ValueError("an array of int16, and no other, has a step for each index of its first axis")
        return self

    def values(self) -> NDArray[Any]:
        """Return the array; of int16 as float64.

        Raises:
            ValueError: The data are not what type and shape promise.
        """
        dtype = np.dtype(self.dtype).newbyteorder("<")
        raw = self._inflate(math.prod(self.shape) * dtype.itemsize)
        if self.steps is None:
            return np.frombuffer(raw, dtype).reshape(self.shape).astype(self.dtype)
        low, high = np.frombuffer(raw, np.uint8).reshape(2, -1).astype(np.int32)
        folded = high * 256 + low
        multiples = (folded >> 1) ^ -(folded & 1)
        return multiples.reshape(self.shape) * _along_first(self.steps, self.shape)

    def _inflate(self, size: int) -> bytes:
        inflater = zlib.decompressobj(_RAW_DEFLATE)
        try:
            raw = inflater.decompress(base64.b64decode(self.data, validate=True), size + 1)
        except zlib.error as error:
            raise ValueError(str(error)) from error
        if len(raw) != size:
            raise ValueError(f"{len(raw)} bytes or more instead of {size}")
        return raw


def encode(values: NDArray[Any], dtype: DType, level: int = DEFLATED) -> EncodedArray:
    """Write an array, its numbers rounded to the type."""
    raw = values.astype(np.dtype(dtype).newbyteorder("<")).tobytes()
    return EncodedArray(dtype=dtype, shape=[*values.shape], data=_deflate(raw, level))


def encode_rounded(values: NDArray[Any], level: int = DEFLATED) -> EncodedArray:
    """Write an array with each of its first axis (a map, a filter) rounded to steps of its own.

    Rounding keeps the order within a map: what was its largest number still is.

    Example:
        >>> encoded = encode_rounded(np.array([[0.0, 1.23456], [0.0, -12345.6]]))
        >>> encoded.steps, encoded.values().tolist()
        ([0.01, 100.0], [[0.0, 1.23], [0.0, -12300.0]])
    """
    steps = [step_of(one) for one in values]
    multiples = np.rint(values / _along_first(steps, values.shape)).astype(np.int32)
    folded = ((multiples << 1) ^ (multiples >> 31)).astype("<u2")
    low, high = folded.reshape(-1, 1).view(np.uint8).T
    data = _deflate(low.tobytes() + high.tobytes(), level)
    return EncodedArray(dtype="int16", shape=[*values.shape], data=data, steps=steps)


def step_of(values: NDArray[Any]) -> float:
    """Choose what numbers are rounded to: 1, 2 or 5 times a power of ten, by how far they spread.

    Example:
        >>> step_of(np.array([-1.0, 1.0])), step_of(np.array([0.0, 0.07])), step_of(np.zeros(3))
        (0.02, 0.0005, 1.0)
    """
    finest = max(
        float(values.std()) / STEPS_PER_DEVIATION, float(np.abs(values).max(initial=0)) / _MOST_STEPS
    )
    if not finest:
        return 1.0
    power = math.floor(math.log10(finest))
    digit = max((digit for digit in (2, 5) if float(f"{digit}e{power}") <= finest), default=1)
    return float(f"{digit}e{power}")


def _along_first(steps: list[float], shape: Sequence[int]) -> NDArray[np.float64]:
    return np.array(steps).reshape(-1, *(1 for _ in shape[1:]))


def _deflate(raw: bytes, level: int) -> str:
    deflater = zlib.compressobj(level, wbits=_RAW_DEFLATE)
    return base64.b64encode(deflater.compress(raw) + deflater.flush()).decode()
