"""Place and scale drawings like a network's training pictures.

MNIST's digits are scaled to fit a box of 20 × 20 pixels and placed in 28 × 28 with their centre of mass in
the middle; those of scikit-learn fill the picture. A network has never seen other positions or sizes, so it
fails on a drawing in a corner. Position and size are measured on a sample of the training pictures.

Source: LeCun, Cortes and Burges, "The MNIST database of handwritten digits".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from convscope.errors import PictureError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

_SIDE = 280  # pixels per side of the canvas on which a drawing is placed before averaging
_FAINT = 0.1  # share of the strongest ink; less is ignored


@dataclass(frozen=True, slots=True)
class Placement:
    """Position and size of drawings in their pictures.

    Attributes:
        side_fraction: The longer side of the box around the ink, as a fraction of the picture's side.
        centre: The ink's centre of mass, (down, across) as fractions of the picture's height and width.
        is_dark: Whether the ink is darker than the background.
    """

    side_fraction: float = 20 / 28
    centre: tuple[float, float] = (0.5, 0.5)
    is_dark: bool = False


def placement_of(pictures: Iterable[NDArray[np.uint8]]) -> Placement:
    """Measure the placement of drawings: medians over all pictures with more than one colour.

    Args:
        pictures: uint8 (height, width) or (height, width, channels).

    Returns:
        Their placement; MNIST's if there is nothing to measure.

    Example:
        >>> stroke = np.zeros((10, 10), np.uint8)
        >>> stroke[2:7, 4] = 255
        >>> placement_of([stroke])
        Placement(side_fraction=0.5, centre=(0.45, 0.45), is_dark=False)
    """
    measured: list[tuple[float, float, float, float]] = []
    for picture in pictures:
        grey = picture.reshape(*picture.shape[:2], -1).mean(axis=2)
        border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
        ink = grey - np.median(border)
        if not ink.any():
            continue
        top, bottom, left, right = _box(np.abs(ink))
        height, width = grey.shape
        down, across = _centre_of_mass(np.abs(ink))
        share = max((bottom - top) / height, (right - left) / width)
        measured.append((share, down / height, across / width, float(ink.sum() < 0)))
    if not measured:
        return Placement()
    share, down, across, darkness = (round(float(median), 6) for median in np.median(measured, axis=0))
    return Placement(share, (down, across), darkness > 0.5)


def place(drawing: NDArray[np.uint8], placement: Placement, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Scale and shift a drawing to a placement; each pixel is the mean of the ink in it.

    Args:
        drawing: uint8 (height, width), bright ink on black.
        placement: The position and size to give it.
        size: Height and width of the result.

    Returns:
        uint8 (height, width). It contains the whole drawing, even if its centre has to be shifted.

    Raises:
        PictureError: The drawing is empty.
    """
    if not drawing.any():
        raise PictureError("the drawing is empty", remedy="draw something")
    top, bottom, left, right = _box(drawing)
    scale = placement.side_fraction * _SIDE / max(bottom - top, right - left)
    height, width = max(1, round(scale * (bottom - top))), max(1, round(scale * (right - left)))
    ink = np.asarray(
        Image.fromarray(drawing[top:bottom, left:right]).resize((width, height), Image.Resampling.BOX)
    )
    middle = _centre_of_mass(ink)
    down, across = (
        int(np.clip(round(target * _SIDE - at), 0, _SIDE - side))
        for target, at, side in zip(placement.centre, middle, (height, width), strict=True)
    )
    placed = np.zeros((_SIDE, _SIDE), np.uint8)
    placed[down : down + height, across : across + width] = ink
    averaged = np.asarray(Image.fromarray(placed).resize((size[1], size[0]), Image.Resampling.BOX))
    return 255 - averaged if placement.is_dark else averaged


def _box(ink: NDArray[np.floating] | NDArray[np.uint8]) -> tuple[int, int, int, int]:
    """Return top, bottom, left and right of the smallest box around all ink that is not faint."""
    strong = ink > _FAINT * ink.max()
    rows, columns = np.flatnonzero(strong.any(axis=1)), np.flatnonzero(strong.any(axis=0))
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1


def _centre_of_mass(ink: NDArray[np.floating] | NDArray[np.uint8]) -> tuple[float, float]:
    """Return (down, across) in cells from the upper left corner; a cell's ink is at its centre."""
    weight = ink.astype(np.float64)
    rows, columns = (np.arange(side) + 0.5 for side in weight.shape)
    return float(weight.sum(axis=1) @ rows / weight.sum()), float(weight.sum(axis=0) @ columns / weight.sum())
