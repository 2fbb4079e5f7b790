"""bfloat16 in Numba kernels.

Numba has no bfloat16. But a bfloat16 is the upper half of a float32: widening is a shift, narrowing a shift
with rounding. Kernels see PyTorch's bfloat16 memory as uint16 and call `widen` and `narrow`, which do nothing
for float32, so each kernel is written once for both precisions.
"""

# The signatures of `overload` and `intrinsic` are Numba's; their arguments are types, not values.
# ruff: noqa: ANN001, ANN202, ARG001, ARG005
# pyright: reportMissingParameterType=false

from __future__ import annotations

import numpy as np
from llvmlite import ir
from numba import float32, types, uint32
from numba.extending import intrinsic, overload, register_jitable


@intrinsic
def _bits_as_float(typing_context, bits):
    """Reinterpret 32 bits as a float32."""

    def generate(context, builder, signature, arguments):
        return builder.bitcast(arguments[0], ir.FloatType())

    return float32(uint32), generate


@intrinsic
def _float_as_bits(typing_context, value):
    """Reinterpret a float32 as 32 bits."""

    def generate(context, builder, signature, arguments):
        return builder.bitcast(arguments[0], ir.IntType(32))

    return uint32(float32), generate


@register_jitable
def _narrow_bits(value):
    bits = _float_as_bits(np.float32(value))  # pyright: ignore[reportCallIssue]  # Numba gives the context
    # Round to nearest, ties to even: add just under half a unit of the last kept bit, plus that bit.
    rounded = (bits + np.uint32(0x7FFF) + ((bits >> np.uint32(16)) & np.uint32(1))) >> np.uint32(16)
    # Rounding could turn a NaN into infinity: return a quiet NaN instead, as PyTorch does.
    return np.uint16(rounded) if value == value else np.uint16(0x7FC0)  # noqa: PLR0124  # the test for NaN


def widen(value, like) -> np.float32:
    """Return a number of the array `like` as float32."""
    raise NotImplementedError  # replaced by the overload below inside compiled code


@overload(widen)
def _widen(value, like):
    if like.dtype == types.uint16:
        return lambda value, like: _bits_as_float(  # pyright: ignore[reportCallIssue]  # Numba gives the context
            np.uint32(value) << np.uint32(16)
        )
    return lambda value, like: value


def narrow(value, like) -> np.float32 | np.uint16:
    """Return a float32 in the type of the array `like`, rounded to nearest, ties to even."""
    raise NotImplementedError  # replaced by the overload below inside compiled code


@overload(narrow)
def _narrow(value, like):
    if like.dtype == types.uint16:
        return lambda value, like: _narrow_bits(value)
    return lambda value, like: np.float32(value)
