"""Arrays in JSON: small, readable in a browser without a library, and exact unless marked otherwise."""

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
Scale = Annotated[float, Field(gt=0, allow_inf_nan=False)]

LEVELS_PER_DEVIATION = 16
"""Rounding levels per standard deviation, up to 2.5 times as many: about seven bits per number."""
NEGATIVE_MULTIPLE = 10
"""Negative numbers that the next step sets to 0 are rounded to multiples of this many times their scale."""
_MAX_MULTIPLE = 13_000
"""Levels up to the largest number; a scale rounded down by 2.5 still keeps it within int16."""
_RAW_DEFLATE = -15  # zlib's code for raw deflate (RFC 1951)
STORED, DEFLATED = 0, 6
"""Compression levels of zlib: 0 for a walk that is read at once on the same machine, 6 for a saved one."""


class EncodedArray(BaseModel):
    """An array in a walk.

    Attributes:
        dtype: Type of the numbers; those of int16 are multiples of a scale.
        shape: Size of each axis.
        data: base64 of the raw-deflated (RFC 1951) little-endian values in C order. int16 are zigzag-encoded,
            0, -1, 1, -2, ... as 0, 1, 2, 3, ..., all low bytes before all high bytes: this compresses better.
        scales: For int16, one scale per index of the first axis, else None.

    Example:
        >>> encoded = encode(np.array([[1.5, -2.0]]), "float32")
        >>> encoded.shape, encoded.values().tolist()
        ([1, 2], [[1.5, -2.0]])
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    dtype: DType
    shape: list[int]
    data: str
    scales: list[Scale] | None = None

    @model_validator(mode="after")
    def _has_scales_only_if_int16(self) -> Self:
        wanted = self.shape[0] if self.dtype == "int16" else None
        if wanted != (None if self.scales is None else len(self.scales)):
            raise ValueError("an array of int16, and no other, has a scale for each index of its first axis")
        return self

    def values(self) -> NDArray[Any]:
        """Return the array; int16 multiplied by their scales, as float64.

        Raises:
            ValueError: The data do not match type and shape.
        """
        dtype = np.dtype(self.dtype).newbyteorder("<")
        raw = self._inflate(math.prod(self.shape) * dtype.itemsize)
        if self.scales is None:
            return np.frombuffer(raw, dtype).reshape(self.shape).astype(self.dtype)
        low, high = np.frombuffer(raw, np.uint8).reshape(2, -1).astype(np.int32)
        zigzag = high * 256 + low
        multiples = (zigzag >> 1) ^ -(zigzag & 1)
        return multiples.reshape(self.shape) * _along_first(self.scales, self.shape)

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
    """Encode an array, with its numbers cast to the type."""
    raw = values.astype(np.dtype(dtype).newbyteorder("<")).tobytes()
    return EncodedArray(dtype=dtype, shape=[*values.shape], data=_deflate(raw, level))


def as_text(values: NDArray[np.generic]) -> str:
    """Return the bytes of an array in C order as base64, without its type and shape.

    Example:
        >>> as_text(np.array([[1, 2], [3, 4]], np.uint8).T)
        'AQMCBA=='
    """
    return base64.b64encode(values.tobytes()).decode()


def encode_rounded(
    values: NDArray[Any], level: int = DEFLATED, *, coarse_negatives: bool = False
) -> EncodedArray:
    """Encode an array with each index of its first axis (map, filter) rounded to its own scale.

    Rounding preserves the order within a map: the largest number stays the largest.

    Args:
        values: The numbers.
        level: Compression level.
        coarse_negatives: Whether negative numbers are rounded to `NEGATIVE_MULTIPLE` times the scale.

    Example:
        >>> encoded = encode_rounded(np.array([[0.0, 1.23456], [0.0, -12345.6]]))
        >>> encoded.scales, encoded.values().tolist()
        ([0.02, 200.0], [[0.0, 1.24], [0.0, -12400.0]])
    """
    scales = [scale_of(part) for part in values]
    multiples = np.rint(values / _along_first(scales, values.shape)).astype(np.int32)
    if coarse_negatives:
        coarse = np.rint(values / _along_first(scales, values.shape) / NEGATIVE_MULTIPLE) * NEGATIVE_MULTIPLE
        multiples = np.where(values < 0, coarse.astype(np.int32), multiples)
    return encode_multiples(multiples, scales, level)


def encode_multiples(
    multiples: NDArray[np.int32], scales: Sequence[float], level: int = DEFLATED
) -> EncodedArray:
    """Encode integers that are multiplied by the scale of their index on the first axis.

    Example:
        >>> encode_multiples(np.array([[3, -4], [1, 0]], np.int32), [0.5, 10]).values().tolist()
        [[1.5, -2.0], [10.0, 0.0]]
    """
    zigzag = ((multiples << 1) ^ (multiples >> 31)).astype("<u2")
    low, high = zigzag.reshape(-1, 1).view(np.uint8).T
    data = _deflate(low.tobytes() + high.tobytes(), level)
    return EncodedArray(dtype="int16", shape=[*multiples.shape], data=data, scales=[*map(float, scales)])


def scale_of(values: NDArray[Any]) -> float:
    """Choose the rounding scale of numbers: 1, 2 or 5 times a power of ten, by their standard deviation.

    Example:
        >>> scale_of(np.array([-1.0, 1.0])), scale_of(np.array([0.0, 0.07])), scale_of(np.zeros(3))
        (0.05, 0.002, 1.0)
    """
    finest = max(
        float(values.std()) / LEVELS_PER_DEVIATION, float(np.abs(values).max(initial=0)) / _MAX_MULTIPLE
    )
    if not finest:
        return 1.0
    power = math.floor(math.log10(finest))
    digit = max((digit for digit in (2, 5) if float(f"{digit}e{power}") <= finest), default=1)
    return float(f"{digit}e{power}")


def _along_first(scales: list[float], shape: Sequence[int]) -> NDArray[np.float64]:
    return np.array(scales).reshape(-1, *(1 for _ in shape[1:]))


def _deflate(raw: bytes, level: int) -> str:
    deflater = zlib.compressobj(level, wbits=_RAW_DEFLATE)
    return base64.b64encode(deflater.compress(raw) + deflater.flush()).decode()
