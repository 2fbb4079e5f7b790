"""Arrays inside JSON: small, exact to the bit, and readable by a browser without a library."""

from __future__ import annotations

import base64
import math
import zlib
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from numpy.typing import NDArray

DType = Literal["float32", "float16", "int32", "uint8"]

_RAW_DEFLATE = -15  # zlib's number for RFC 1951 without header and checksum


class EncodedArray(BaseModel):
    """An array as it stands in a walk.

    Attributes:
        dtype: The type of the numbers.
        shape: The axes' sizes.
        data: base64 of the raw-deflated (RFC 1951) little-endian values in C order.

    Example:
        >>> encoded = encode(np.array([[1.5, -2.0]]), "float32")
        >>> encoded.shape, encoded.values().tolist()
        ([1, 2], [[1.5, -2.0]])
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    dtype: DType
    shape: list[int]
    data: str

    def values(self) -> NDArray[Any]:
        """Return the array.

        Raises:
            ValueError: The data are not what type and shape promise.
        """
        dtype = np.dtype(self.dtype).newbyteorder("<")
        size = math.prod(self.shape) * dtype.itemsize
        inflater = zlib.decompressobj(_RAW_DEFLATE)
        try:
            raw = inflater.decompress(base64.b64decode(self.data, validate=True), size + 1)
        except zlib.error as error:
            raise ValueError(str(error)) from error
        if len(raw) != size:
            raise ValueError(f"{len(raw)} bytes or more instead of {size}")
        return np.frombuffer(raw, dtype).reshape(self.shape).astype(self.dtype)


def encode(values: NDArray[Any], dtype: DType) -> EncodedArray:
    """Write an array, its numbers rounded to the type."""
    raw = values.astype(np.dtype(dtype).newbyteorder("<")).tobytes()
    deflater = zlib.compressobj(wbits=_RAW_DEFLATE)
    data = base64.b64encode(deflater.compress(raw) + deflater.flush()).decode()
    return EncodedArray(dtype=dtype, shape=[*values.shape], data=data)
