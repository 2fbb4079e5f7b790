"""Pairs of pictures that are nearly equal: resized, recompressed, mirrored, slightly cropped or shifted."""

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
"""Largest difference in mean brightness of copies, of 255."""
_SAME_COLOUR, _FAINT = 0.5, 30.0
"""Largest relative difference in colour of copies; noise is smaller than this."""


def near_pairs(looks: Looks) -> Pairs:
    """Find pairs of pictures that are nearly equal, in place or, among the rest, after alignment.

    Args:
        looks: Looks of n pictures, all different files.
    """
    count = len(looks.thumbnails)
    if count < 2:
        return Pairs.none()
    in_place = in_place_pairs(looks)
    remaining = np.unique(in_place.leaders(count))
    aligned = aligned_pairs(looks.thumbnails[remaining])
    return Pairs.chained([in_place, Pairs(remaining[aligned.indices], aligned.mirrored)])


def of_one_content(pairs: Pairs, looks: Looks, labels: NDArray[np.integer]) -> Pairs:
    """Remove pairs with two labels that may differ on purpose: mirrored, or with different colours.

    Arrows to the left and right, or the same drawing in red and green, are not contradictory.

    Args:
        pairs: Pairs of nearly equal pictures.
        looks: Looks of all pictures.
        labels: Labels of all pictures.
    """
    same = labels[pairs.indices[:, 0]] == labels[pairs.indices[:, 1]]
    colours = looks.colours[pairs.indices]
    return pairs[same | ~(pairs.mirrored | _differ_in_colour(colours[:, 0], colours[:, 1]))]


def _differ_in_colour(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Whether pictures, (n, 4, 4, 3) each, differ in brightness or colour by more than copies.

    Colour is the difference of red and blue to green, over all sixteenths together.
    """
    one, two = first.astype(np.float32), second.astype(np.float32)
    brightness = np.abs(one.mean(axis=(1, 2, 3)) - two.mean(axis=(1, 2, 3)))
    chroma = [colours[..., ::2] - colours[..., 1:2] for colours in (one, two)]
    strength = np.maximum(_length(chroma[0]), _length(chroma[1]))
    distance = _length(chroma[0] - chroma[1])
    return (brightness > _SAME_BRIGHTNESS) | (distance > _SAME_COLOUR * np.maximum(strength, _FAINT))


def _length(values: NDArray[np.floating]) -> NDArray[np.floating]:
    return np.sqrt((values**2).sum(axis=(1, 2, 3)))
