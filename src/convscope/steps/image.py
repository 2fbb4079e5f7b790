"""Image: pixels become maps, normalised to values around zero.

    x = (pixel - mean) / std        with the mean and standard deviation of its channel

A greyscale picture has one channel, a colour picture three: red, green and blue. Files and screens keep the
channels of a pixel together, (height, width, channels); a network keeps the pixels of a channel together,
(channels, height, width).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from convscope.errors import NetworkError, SettingError
from convscope.steps.arrays import Array, as_array, require_inside

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

Picture = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class NormalisedPixel:
    """How one number of the input is computed: (pixel - mean) / std = result."""

    pixel: int
    mean: float
    std: float
    result: float


def forward(pixels: Picture, mean: ArrayLike, std: ArrayLike) -> Array:
    """Normalise a picture.

    Args:
        pixels: uint8 (height, width, channels), 0 to 255.
        mean: (channels,), on the scale of the pixels, 0 to 255.
        std: (channels,), on the same scale, above 0.

    Returns:
        Maps (channels, height, width).

    Raises:
        NetworkError: The pixels are not uint8, or the shapes do not fit together.
        SettingError: A standard deviation is not positive.

    Example:
        >>> forward(np.array([[[0], [150]]], dtype=np.uint8), mean=[100], std=[50]).tolist()
        [[[-2.0, 1.0]]]
    """
    if pixels.dtype != np.uint8:
        raise NetworkError(
            f"pixels of type {pixels.dtype} do not fit",
            why="pixels are whole numbers from 0 to 255",
            remedy="convert them to uint8",
        )
    values = as_array(pixels, "pixels", height=None, width=None, channels=None)
    mean = as_array(mean, "means", channels=values.shape[2])
    return ((values - mean) / _positive(std, values.shape[2])).transpose(2, 0, 1)


def gradient(at_output: ArrayLike, std: ArrayLike) -> Array:
    """Compute the gradient at the pixels.

    Args:
        at_output: The gradient at the maps, (channels, height, width).
        std: As in `forward`.

    Returns:
        (height, width, channels), per unit of the pixel scale 0 to 255.
    """
    at_output = as_array(at_output, "gradients", channels=None, height=None, width=None)
    return at_output.transpose(1, 2, 0) / _positive(std, len(at_output))


def explain(
    pixels: Picture, mean: ArrayLike, std: ArrayLike, *, channel: int, row: int, column: int
) -> NormalisedPixel:
    """Explain how one number of the maps is computed.

    Raises:
        SettingError: There is no such number.

    Example:
        >>> explain(np.array([[[0], [150]]], dtype=np.uint8), [100], [50], channel=0, row=0, column=1)
        NormalisedPixel(pixel=150, mean=100.0, std=50.0, result=1.0)
    """
    maps = forward(pixels, mean, std)
    require_inside(maps.shape, channel=channel, row=row, column=column)
    return NormalisedPixel(
        pixel=int(pixels[row, column, channel]),
        mean=float(np.asarray(mean)[channel]),
        std=float(np.asarray(std)[channel]),
        result=float(maps[channel, row, column]),
    )


def _positive(std: ArrayLike, channels: int) -> Array:
    std = as_array(std, "standard deviations", channels=channels)
    if not np.all(std > 0):
        raise SettingError(
            f"standard deviations of {std.tolist()} are not possible", remedy="use numbers above 0"
        )
    return std
