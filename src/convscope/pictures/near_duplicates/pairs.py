"""Pairs of pictures that are nearly equal: resized, recompressed, mirrored, slightly cropped or moved."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from convscope.pictures.near_duplicates.aligned import aligned_pairs
from convscope.pictures.near_duplicates.in_place import in_place_pairs
from convscope.pictures.near_duplicates.joining import Pairs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from convscope.pictures.near_duplicates.looks import Looks

_SAME_BRIGHTNESS = 20
"""How far the brightness of copies may differ in the mean, of 255."""
_SAME_COLOUR, _FAINT = 0.5, 30.0
"""How far the colours of copies may differ, as a share of how strong they are; noise is fainter than this."""


def near_pairs(looks: Looks) -> Pairs:
    """Find pairs of pictures that are nearly equal, in place or, of those that remain, once aligned.

    Args:
        looks: Of n pictures, none equal to another byte by byte.
    """
    count = len(looks.thumbnails)
    if count < 2:
        return Pairs.none()
    in_place = in_place_pairs(looks)
    remaining = np.unique(in_place.leaders(count))
    aligned = aligned_pairs(looks.thumbnails[remaining])
    return Pairs.chained([in_place, Pairs(remaining[aligned.indices], aligned.mirrored)])


def of_one_content(pairs: Pairs, looks: Looks, labels: NDArray[np.integer]) -> Pairs:
    """Leave out pairs under two labels that may differ for a reason: mirrored, or of other colours.

    Arrows to the left and to the right, or the same drawing in red and in green, are no contradiction.

    Args:
        pairs: Pairs of nearly equal pictures.
        looks: Of all pictures.
        labels: Of all pictures.
    """
    same = labels[pairs.indices[:, 0]] == labels[pairs.indices[:, 1]]
    colours = looks.colours[pairs.indices]
    return pairs[same | ~(pairs.mirrored | _differ_in_colour(colours[:, 0], colours[:, 1]))]


def _differ_in_colour(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Whether pictures, (n, 4, 4, 3) each, differ in brightness or in colour by more than copies do.

    Of the colour counts how far red and blue are from green, in all sixteenths together.
    """
    one, two = first.astype(np.float32), second.astype(np.float32)
    brightness = np.abs(one.mean(axis=(1, 2, 3)) - two.mean(axis=(1, 2, 3)))
    chroma = [colours[..., ::2] - colours[..., 1:2] for colours in (one, two)]
    strength = np.maximum(_length(chroma[0]), _length(chroma[1]))
    distance = _length(chroma[0] - chroma[1])
    return (brightness > _SAME_BRIGHTNESS) | (distance > _SAME_COLOUR * np.maximum(strength, _FAINT))


def _length(values: NDArray[np.floating]) -> NDArray[np.floating]:
    return np.sqrt((values**2).sum(axis=(1, 2, 3)))
