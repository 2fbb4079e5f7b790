"""Checks of the arrays that go into a step: float64, with the axes that the step names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from convscope.errors import NetworkError, SettingError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

Array = NDArray[np.float64]


def as_array(values: ArrayLike, what: str, /, **axes: int | None) -> Array:
    """Return values as float64, checked to have the named axes.

    Args:
        values: Numbers, nested lists of them, or an array.
        what: The values' name in an error.
        **axes: The axes in order, each with its required size, or None for any size but 0.

    Raises:
        NetworkError: The values have a different shape.

    Example:
        >>> as_array([[1, 2, 3]], "weights", neurons=None, inputs=3)
        array([[1., 2., 3.]])
        >>> as_array([[1, 2, 3]], "weights", neurons=None, inputs=2)
        Traceback (most recent call last):
        convscope.errors.NetworkError: weights of shape (1, 3) do not fit
          why: expected (neurons, inputs = 2), none of them empty
    """
    array = np.asarray(values, dtype=np.float64)
    sizes = axes.values()
    fits = len(sizes) == array.ndim and all(
        size >= 1 and expected in {None, size} for size, expected in zip(array.shape, sizes, strict=True)
    )
    if not fits:
        names = ", ".join(axis if size is None else f"{axis} = {size}" for axis, size in axes.items())
        raise NetworkError(
            f"{what} of shape {array.shape} do not fit", why=f"expected ({names}), none of them empty"
        )
    return array


def require_inside(shape: tuple[int, ...], /, **indices: int) -> None:
    """Check that one index per axis, given by name, lies inside an array of this shape.

    Raises:
        SettingError: An index is out of range; negative indices are too.

    Example:
        >>> require_inside((1, 5, 5), channel=0, row=4, column=4)
        >>> require_inside((1, 5, 5), channel=0, row=4, column=5)
        Traceback (most recent call last):
        convscope.errors.SettingError: there is nothing at channel 0, row 4, column 5
          why: the shape is (1, 5, 5)
          try: count from 0
    """
    if len(indices) != len(shape) or not all(
        0 <= index < size for index, size in zip(indices.values(), shape, strict=True)
    ):
        where = ", ".join(f"{axis} {index}" for axis, index in indices.items())
        raise SettingError(f"there is nothing at {where}", why=f"the shape is {shape}", remedy="count from 0")
