"""What every step asks of the arrays it is given: float64, with the axes that it names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from convscope.errors import NetworkError, SettingError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

Array = NDArray[np.float64]


def as_array(values: ArrayLike, what: str, /, **axes: int | None) -> Array:
    """Read values as float64 with the named axes.

    Args:
        values: Numbers, nested lists of them, or an array.
        what: What the values are called in the error.
        **axes: The axes in order, each with the size it must have, or None where any size but 0 will do.

    Raises:
        NetworkError: The values have other axes.

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


def require_inside(shape: tuple[int, ...], /, **place: int) -> None:
    """Check that a place, one named index an axis, lies inside an array of this shape.

    Raises:
        SettingError: It does not; indices do not count from the end either.

    Example:
        >>> require_inside((1, 5, 5), channel=0, row=4, column=4)
        >>> require_inside((1, 5, 5), channel=0, row=4, column=5)
        Traceback (most recent call last):
        convscope.errors.SettingError: there is nothing at channel 0, row 4, column 5
          why: the shape is (1, 5, 5)
          try: count from 0
    """
    if len(place) != len(shape) or not all(
        0 <= index < size for index, size in zip(place.values(), shape, strict=True)
    ):
        where = ", ".join(f"{axis} {index}" for axis, index in place.items())
        raise SettingError(f"there is nothing at {where}", why=f"the shape is {shape}", remedy="count from 0")
