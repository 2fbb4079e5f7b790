"""Joining (concatenation): the maps of several steps, stacked along the channel axis.

    output = maps of the first input, then maps of the second, ...

A head that reads both early and late maps has features of fine patterns and of whole objects.

Source: the "depth concatenation" of C. Szegedy et al., "Going deeper with convolutions", CVPR 2015,
https://arxiv.org/abs/1409.4842; for a head that reads several layers, U. Evci et al., "Head2Toe", ICML 2022,
https://arxiv.org/abs/2201.03529.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from convscope.errors import NetworkError
from convscope.steps.arrays import Array, as_array, require_inside

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike


@dataclass(frozen=True, slots=True)
class Origin:
    """Where one joined map comes from: channel `channel` of input number `source`."""

    source: int
    channel: int


def forward(inputs: Sequence[ArrayLike]) -> Array:
    """Concatenate maps along the channel axis.

    Args:
        inputs: At least one, each (channels, height, width), all of the same height and width.

    Returns:
        (sum of the channels, height, width).

    Raises:
        NetworkError: There is no input, or heights or widths differ.

    Example:
        >>> forward([[[[1]], [[2]]], [[[3]]]]).ravel().tolist()
        [1.0, 2.0, 3.0]
    """
    return np.concatenate(_read(inputs))


def gradient(at_output: ArrayLike, inputs: Sequence[ArrayLike]) -> tuple[Array, ...]:
    """Compute the gradient at every input: each gets the slice that belongs to its maps.

    Args:
        at_output: The gradient at the joined maps.
        inputs: As in `forward`.

    Raises:
        NetworkError: The shapes do not fit together.

    Example:
        >>> [part.ravel().tolist() for part in gradient([[[7]], [[8]], [[9]]], [[[[1]], [[2]]], [[[3]]]])]
        [[7.0, 8.0], [9.0]]
    """
    maps = _read(inputs)
    _, height, width = maps[0].shape
    ends = np.cumsum([len(one) for one in maps])
    at_output = as_array(at_output, "gradients", channels=int(ends[-1]), height=height, width=width)
    return tuple(np.split(at_output, ends[:-1]))


def explain(inputs: Sequence[ArrayLike], *, channel: int) -> Origin:
    """Explain where a joined map comes from.

    Raises:
        NetworkError: The inputs do not fit together.
        SettingError: There is no such map.

    Example:
        >>> explain([[[[1]], [[2]]], [[[3]]]], channel=2)
        Origin(source=1, channel=0)
    """
    counts = [len(one) for one in _read(inputs)]
    require_inside((sum(counts),), channel=channel)
    source = 0
    while channel >= counts[source]:
        channel -= counts[source]
        source += 1
    return Origin(source, channel)


def _read(inputs: Sequence[ArrayLike]) -> list[Array]:
    if not len(inputs):
        raise NetworkError("there is nothing to join")
    first = as_array(inputs[0], "maps", channels=None, height=None, width=None)
    _, height, width = first.shape
    return [
        first,
        *(as_array(one, "maps", channels=None, height=height, width=width) for one in inputs[1:]),
    ]
