"""Depthwise convolution: each map is convolved with its own filter, and the maps are not mixed.

    output[c, y, x] = bias[c] + sum over i, j of
        filters[c, 0, i, j] * maps[c, y * stride + i - padding, x * stride + j - padding]

An ordinary convolution filters in space and mixes all maps in one step. A depthwise separable convolution
does this in two steps: a depthwise convolution filters each map in space, then a convolution with 1x1 filters
mixes the maps. For 3x3 filters and many maps, this takes about a ninth of the multiplications.

Source: A. Howard et al., "MobileNets: efficient convolutional neural networks for mobile vision
applications", 2017, https://arxiv.org/abs/1704.04861, section 3.1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from convscope.errors import NetworkError
from convscope.steps import convolution
from convscope.steps.arrays import Array, as_array, require_inside
from convscope.steps.convolution import ConvolutionGradient, ConvolutionSum
from convscope.steps.windows import Windows

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def forward(maps: ArrayLike, filters: ArrayLike, bias: ArrayLike, windows: Windows | None = None) -> Array:
    """Convolve each map with its filter (cross-correlation).

    Args:
        maps: (channels, height, width).
        filters: (channels, 1, filter height, filter width).
        bias: (channels,).
        windows: How the filters slide; None means stride 1 without padding.

    Returns:
        Feature maps (channels, output height, output width).

    Raises:
        NetworkError: The shapes do not fit together, or a filter is larger than the padded maps.

    Example:
        >>> forward([[[1, 2]], [[3, 4]]], filters=[[[[10]]], [[[100]]]], bias=[0, 5]).tolist()
        [[[10.0, 20.0]], [[305.0, 405.0]]]
    """
    maps, filters, windows = _read(maps, filters, windows)
    bias = as_array(bias, "biases", channels=len(maps))
    products = np.einsum("cij,cyxij->cyx", filters[:, 0], windows.slide(maps), optimize=True)
    return products + bias[:, np.newaxis, np.newaxis]


def gradient(
    at_output: ArrayLike, maps: ArrayLike, filters: ArrayLike, windows: Windows | None = None
) -> ConvolutionGradient:
    """Compute the gradient at the maps, the filters and the biases.

    Args:
        at_output: The gradient at the feature maps, (channels, output height, output width).
        maps: As in `forward`.
        filters: As in `forward`. The bias only shifts the output, so it is not needed.
        windows: As in `forward`.

    Raises:
        NetworkError: The shapes do not fit together.

    Example:
        >>> gradient([[[1, 1]]], [[[5, 6]]], filters=[[[[2]]]])  # doctest: +NORMALIZE_WHITESPACE
        ConvolutionGradient(maps=array([[[2., 2.]]]), filters=array([[[[11.]]]]), bias=array([2.]))
    """
    maps, filters, windows = _read(maps, filters, windows)
    height, width = windows.output_shape(*maps.shape[1:])
    at_output = as_array(at_output, "gradients", channels=len(maps), height=height, width=width)
    return ConvolutionGradient(
        maps=gradient_at_maps(at_output, maps, filters, windows),
        filters=gradient_at_filters(at_output, maps, windows),
        bias=at_output.sum(axis=(1, 2)),
    )


def gradient_at_maps(
    at_output: ArrayLike, maps: ArrayLike, filters: ArrayLike, windows: Windows | None = None
) -> Array:
    """Compute only the gradient at the maps, which is half the work; same arguments and errors as `gradient`.

    Example:
        >>> gradient_at_maps([[[1, 1]]], [[[5, 6]]], filters=[[[[2]]]]).tolist()
        [[[2.0, 2.0]]]
    """
    maps, filters, windows = _read(maps, filters, windows)
    height, width = windows.output_shape(*maps.shape[1:])
    at_output = as_array(at_output, "gradients", channels=len(maps), height=height, width=width)
    at_windows = np.einsum("cyx,cij->cyxij", at_output, filters[:, 0])
    return windows.add_back(at_windows, maps.shape)


def gradient_at_filters(at_output: ArrayLike, maps: ArrayLike, windows: Windows) -> Array:
    """Compute only the gradient at the filters; same arguments and errors as `gradient`.

    Example:
        >>> gradient_at_filters([[[1, 1]]], [[[5, 6]]], Windows((1, 1))).tolist()
        [[[[11.0]]]]
    """
    maps = as_array(maps, "maps", channels=None, height=None, width=None)
    height, width = windows.output_shape(*maps.shape[1:])
    at_output = as_array(at_output, "gradients", channels=len(maps), height=height, width=width)
    at_filters = np.einsum("cyx,cyxij->cij", at_output, windows.slide(maps), optimize=True)
    return at_filters[:, np.newaxis]


def explain(
    maps: ArrayLike,
    filters: ArrayLike,
    bias: ArrayLike,
    windows: Windows | None = None,
    *,
    channel: int,
    row: int,
    column: int,
) -> ConvolutionSum:
    """Explain how one cell of a feature map is computed: a sum over one window of its input map.

    Args:
        maps: As in `forward`.
        filters: As in `forward`.
        bias: As in `forward`.
        windows: As in `forward`.
        channel: Index of the map.
        row: Row of the cell in the feature map.
        column: Column of the cell in the feature map.

    Returns:
        The same as for a convolution with one channel: `channel` is 0 in all terms.

    Raises:
        NetworkError: The shapes do not fit together.
        SettingError: There is no such cell.

    Example:
        >>> explain([[[1]], [[3]]], [[[[10]]], [[[100]]]], bias=[0, 5], channel=1, row=0, column=0).result
        305.0
    """
    maps, filters, windows = _read(maps, filters, windows)
    bias = as_array(bias, "biases", channels=len(maps))
    require_inside(bias.shape, channel=channel)
    only = slice(channel, channel + 1)
    return convolution.explain(
        maps[only], filters[only], bias[only], windows, channel=0, row=row, column=column
    )


def _read(maps: ArrayLike, filters: ArrayLike, windows: Windows | None) -> tuple[Array, Array, Windows]:
    maps = as_array(maps, "maps", channels=None, height=None, width=None)
    filters = as_array(filters, "filters", channels=len(maps), one=1, height=None, width=None)
    height, width = filters.shape[2:]
    windows = windows or Windows((height, width))
    if windows.size != (height, width):
        raise NetworkError(f"filters of {height} × {width} cells do not fit windows of {windows.size}")
    return maps, filters, windows
