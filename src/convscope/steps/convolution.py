"""Convolution: filters slide over the maps and respond most strongly where the maps match their pattern.

    output[f, y, x] = bias[f] + sum over c, i, j of
        filters[f, c, i, j] * maps[c, y * stride + i - padding, x * stride + j - padding]

with 0 outside the maps. Strictly speaking this is cross-correlation: the filter is not flipped. In signal
processing, convolution flips the filter; neural network libraries do not, and since the filters are learned,
it makes no difference.

A filter (also called kernel or feature detector) has weights for every input channel and computes one feature
map.

Source: Deep Learning, section 9.1, equation 9.6, and section 9.5 for stride and padding.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from convscope.errors import NetworkError
from convscope.steps.arrays import Array, as_array, require_inside
from convscope.steps.windows import Cell, Windows

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


class ConvolutionGradient(NamedTuple):
    """The gradient at each input of a convolution, in that input's shape."""

    maps: Array
    filters: Array
    bias: Array


@dataclass(frozen=True, slots=True)
class Term:
    """One product of the sum: a cell of an input map times the filter's weight on it.

    Attributes:
        channel: Index of the input map.
        row: Row of the cell in the input map; negative or beyond the last row in the padding.
        column: Column of the cell in the input map; may be outside, too.
        padding: Whether the cell is padding, whose value is 0.
        input: Value of the cell.
        weight: The filter's weight for this cell.
        product: input * weight.
    """

    channel: int
    row: int
    column: int
    padding: bool
    input: float
    weight: float
    product: float


@dataclass(frozen=True, slots=True)
class ConvolutionSum:
    """How one cell of a feature map is computed: the products, summed per channel, plus the bias.

    Attributes:
        terms: All products, channel by channel and row by row.
        subtotals: Sum of the products of each channel.
        bias: The filter's bias.
        result: Sum of the subtotals and the bias.
    """

    terms: tuple[Term, ...]
    subtotals: tuple[float, ...]
    bias: float
    result: float


def forward(
    maps: ArrayLike,
    filters: ArrayLike,
    bias: ArrayLike,
    windows: Windows | None = None,
) -> Array:
    """Convolve maps with filters (cross-correlation).

    Args:
        maps: (channels, height, width).
        filters: (filters, channels, filter height, filter width).
        bias: (filters,).
        windows: How the filters slide; None means stride 1 without padding.

    Returns:
        Feature maps (filters, output height, output width); see `windows` for the size.

    Raises:
        NetworkError: The shapes do not fit together, or a filter is larger than the padded maps.

    Example:
        >>> forward([[[1, 2, 3], [4, 5, 6], [7, 8, 9]]], filters=[[[[0, 1], [10, 0]]]], bias=[100]).tolist()
        [[[142.0, 153.0], [175.0, 186.0]]]
    """
    maps, filters, windows = _read(maps, filters, windows)
    bias = as_array(bias, "biases", filters=len(filters))
    # summed over c, i and j; the remaining axes are (filters, rows, columns)
    sums = np.tensordot(filters, windows.slide(maps), axes=((1, 2, 3), (0, 3, 4)))
    return sums + bias[:, np.newaxis, np.newaxis]


def gradient(
    at_output: ArrayLike,
    maps: ArrayLike,
    filters: ArrayLike,
    windows: Windows | None = None,
) -> ConvolutionGradient:
    """Compute the gradient at the maps, the filters and the biases.

    Each output cell passes its gradient to every input cell in its window, times the weight of that cell, and
    to every weight, times the value of that cell.

    Args:
        at_output: The gradient at the feature maps, (filters, output height, output width).
        maps: As in `forward`.
        filters: As in `forward`. The bias only shifts the output, so it is not needed.
        windows: As in `forward`.

    Raises:
        NetworkError: The shapes do not fit together.

    Example:
        >>> gradient([[[1, 1]]], [[[5, 6, 7]]], filters=[[[[2, 3]]]])  # doctest: +NORMALIZE_WHITESPACE
        ConvolutionGradient(maps=array([[[2., 5., 3.]]]), filters=array([[[[11., 13.]]]]), bias=array([2.]))
    """
    maps, filters, windows = _read(maps, filters, windows)
    height, width = windows.output_shape(*maps.shape[1:])
    at_output = as_array(at_output, "gradients", filters=len(filters), height=height, width=width)
    return ConvolutionGradient(
        maps=gradient_at_maps(at_output, maps, filters, windows),
        filters=gradient_at_filters(at_output, maps, windows),
        bias=at_output.sum(axis=(1, 2)),
    )


def gradient_at_maps(
    at_output: ArrayLike,
    maps: ArrayLike,
    filters: ArrayLike,
    windows: Windows | None = None,
) -> Array:
    """Compute only the gradient at the maps, which is half the work; same arguments and errors as `gradient`.

    Example:
        >>> gradient_at_maps([[[1, 1]]], [[[5, 6, 7]]], filters=[[[[2, 3]]]]).tolist()
        [[[2.0, 5.0, 3.0]]]
    """
    maps, filters, windows = _read(maps, filters, windows)
    height, width = windows.output_shape(*maps.shape[1:])
    at_output = as_array(at_output, "gradients", filters=len(filters), height=height, width=width)
    at_windows = np.tensordot(at_output, filters, axes=(0, 0))  # (rows, columns, channels, i, j)
    return windows.add_back(np.moveaxis(at_windows, 2, 0), maps.shape)


def gradient_at_filters(at_output: ArrayLike, maps: ArrayLike, windows: Windows) -> Array:
    """Compute only the gradient at the filters; same arguments and errors as `gradient`.

    Example:
        >>> gradient_at_filters([[[1, 1]]], [[[5, 6, 7]]], Windows((1, 2))).tolist()
        [[[[11.0, 13.0]]]]
    """
    maps = as_array(maps, "maps", channels=None, height=None, width=None)
    height, width = windows.output_shape(*maps.shape[1:])
    at_output = as_array(at_output, "gradients", filters=None, height=height, width=width)
    return np.tensordot(at_output, windows.slide(maps), axes=((1, 2), (1, 2)))


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
    """Explain how one cell of a feature map is computed, summed in the order in which the terms are listed.

    Args:
        maps: As in `forward`.
        filters: As in `forward`.
        bias: As in `forward`.
        windows: As in `forward`.
        channel: Index of the feature map and its filter.
        row: Row of the cell in the feature map.
        column: Column of the cell in the feature map.

    Raises:
        NetworkError: The shapes do not fit together.
        SettingError: There is no such cell.

    Example:
        >>> cell = explain([[[5, 6]], [[7, 8]]], [[[[2]], [[3]]]], bias=[100], channel=0, row=0, column=1)
        >>> cell.subtotals, cell.result
        ((12.0, 24.0), 136.0)
        >>> cell.terms[1]
        Term(channel=1, row=0, column=1, padding=False, input=8.0, weight=3.0, product=24.0)
    """
    maps, filters, windows = _read(maps, filters, windows)
    bias = as_array(bias, "biases", filters=len(filters))
    require_inside(
        (len(filters), *windows.output_shape(*maps.shape[1:])), channel=channel, row=row, column=column
    )
    terms_of_channels = [
        [
            _term(source, cell, float(weight))
            for cell, weight in zip(
                windows.read(maps, channel=source, row=row, column=column), weights.flat, strict=True
            )
        ]
        for source, weights in enumerate(filters[channel])
    ]
    subtotals = tuple(sum(term.product for term in terms) for terms in terms_of_channels)
    return ConvolutionSum(
        terms=tuple(term for terms in terms_of_channels for term in terms),
        subtotals=subtotals,
        bias=float(bias[channel]),
        result=sum(subtotals) + float(bias[channel]),
    )


def _term(channel: int, cell: Cell, weight: float) -> Term:
    value = 0.0 if cell.value is None else cell.value
    return Term(channel, cell.row, cell.column, cell.value is None, value, weight, value * weight)


def _read(maps: ArrayLike, filters: ArrayLike, windows: Windows | None) -> tuple[Array, Array, Windows]:
    maps = as_array(maps, "maps", channels=None, height=None, width=None)
    filters = as_array(filters, "filters", filters=None, channels=len(maps), height=None, width=None)
    height, width = filters.shape[2:]
    windows = windows or Windows((height, width))
    if windows.size != (height, width):
        raise NetworkError(f"filters of {height} × {width} cells do not fit windows of {windows.size}")
    return maps, filters, windows
