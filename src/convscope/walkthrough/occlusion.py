"""Occlusion: how much the probability of a class drops when a grey square covers part of the picture.

    map[y, x] = probability of the class - its probability with the square at (y * stride, x * stride)

Where the square covers evidence for the class, its probability drops. The square has the mean colour of the
training pictures and a quarter of the picture's height and width, and moves by a quarter of its own size; by
a half for large networks, to save time. Unlike Grad-CAM, it treats the network as a black box, so each method
can be checked against the other.

Source: M. Zeiler, R. Fergus, "Visualizing and understanding convolutional networks", ECCV 2014,
https://arxiv.org/abs/1311.2901.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from convscope.steps.windows import Windows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from convscope.model.file import Model
    from convscope.model.predictor import Predictor

_MOVES, _FEW_MOVES = 4, 2
_LARGE_NETWORK = 100_000_000
"""Networks with more multiply-adds per picture have fewer positions of the square."""


@dataclass(frozen=True, slots=True, eq=False)
class Occluded:
    """An occlusion map.

    Attributes:
        window: Height and width of the square, in pixels.
        stride: Distance between its positions, (down, across).
        lost: (classes, rows, columns) loss of probability; negative where the square raises it.
    """

    window: tuple[int, int]
    stride: tuple[int, int]
    lost: NDArray[np.float64]

    def by_pixel(self, class_index: int, height: int, width: int) -> NDArray[np.float64]:
        """Return for each pixel the mean loss over the squares that cover it, (height, width).

        Example:
            >>> Occluded((1, 2), (1, 1), np.array([[[0.2, 0.4]]])).by_pixel(0, 1, 3).round(1).tolist()
            [[0.2, 0.3, 0.4]]
        """
        windows, shape = Windows(self.window, self.stride, overhang=True), (1, height, width)
        of_class = self.lost[class_index]
        everywhere = np.ones((1, *of_class.shape, *self.window))
        lost = windows.add_back(of_class[:, :, np.newaxis, np.newaxis] * everywhere, shape)
        return (lost / windows.add_back(everywhere, shape))[0]


def moves_in(model: Model) -> int:
    """Return the number of moves per side of the square; fewer for large networks."""
    return _FEW_MOVES if model.chain.multiply_adds > _LARGE_NETWORK else _MOVES


def occlude(
    predictor: Predictor,
    pixels: NDArray[np.uint8],
    mean: tuple[float, ...],
    moves: int = _MOVES,
) -> Occluded:
    """Move a square over a picture and measure the loss of probability.

    Args:
        predictor: The model, ready to predict.
        pixels: uint8 (height, width, channels), prepared.
        mean: (channels,) the colour of the square.
        moves: Number of moves per side of the square.
    """
    sides = pixels.shape[:2]
    window = max(1, round(sides[0] / 4)), max(1, round(sides[1] / 4))
    stride = max(1, window[0] // moves), max(1, window[1] // moves)
    rows, columns = Windows(window, stride, overhang=True).output_shape(*sides)
    covered = np.repeat(pixels[np.newaxis], rows * columns, axis=0)
    for index, (row, column) in enumerate(np.ndindex(rows, columns)):
        top, left = row * stride[0], column * stride[1]
        covered[index, top : top + window[0], left : left + window[1]] = np.rint(mean)
    before, after = predictor.probabilities(pixels[np.newaxis]), predictor.probabilities(covered)
    lost = (before - after).T.reshape(-1, rows, columns)
    return Occluded(window, stride, lost)
