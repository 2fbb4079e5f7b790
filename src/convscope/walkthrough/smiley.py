"""The example of many introductory courses: a smiley, one feature detector, two classes.

Picture, detector, ReLU, max pooling with overhanging 2x2 windows, and flattening are from the course. The
course gives no weights for the full connection. Ours are set by hand, not learned: the neuron `smiley` is
half the sum of the three largest cells of the pooled map, minus 2.5; the neuron `no smiley` is its negative.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from convscope.model.file import Model
from convscope.network.chain_builder import parse_chain
from convscope.pictures.preparation import Preparation
from convscope.walkthrough.document import Note

if TYPE_CHECKING:
    from numpy.typing import NDArray

_PICTURE = "0000000 0100010 0000000 0001000 0100010 0011100 0000000"
_DETECTOR = "001 100 011"
_SMILEY_WEIGHTS = [0, 0, 0, 0.5, 0.5, 0, 0, 0.5, 0]
_SMILEY_BIAS = -2.5

CENTRE_NOTE = Note(
    step="convolution_1",
    cell=[0, 2, 2],
    text="Many printed slides of this example show 1 in the centre of the feature map. Point at it and "
    "add up: the only white pixel under the detector lies on a weight of 0, so it is 0. The other 24 agree.",
)
"""A note on the picture."""

WEIGHTS_NOTE = Note(
    step="full_connection_1",
    cell=None,
    text="The course gives no weights for this step. These are ours, set by hand and not learned: “smiley” "
    "sums half of the numbers at 3, 4 and 7 of the column, and subtracts 2.5; “no smiley” is its opposite.",
)
"""A note on the network."""


def smiley_picture() -> NDArray[np.uint8]:
    """Return the picture: uint8 (7, 7), 0 for black and 255 for white.

    Example:
        >>> int(smiley_picture().sum()) // 255
        8
    """
    return 255 * _digits(_PICTURE)


def smiley_model() -> Model:
    """Return the network: black is 0 and white is 1, no padding, no bias in the convolution."""
    weights = {
        "convolution_1.weight": _digits(_DETECTOR)[np.newaxis, np.newaxis].astype(np.float32),
        "convolution_1.bias": np.zeros(1, np.float32),
        "full_connection_1.weight": np.array([_SMILEY_WEIGHTS, np.negative(_SMILEY_WEIGHTS)], np.float32),
        "full_connection_1.bias": np.array([_SMILEY_BIAS, -_SMILEY_BIAS], np.float32),
    }
    classes = ("smiley", "no smiley")
    chain = parse_chain("1C3p0-MP2o", (1, 7, 7), len(classes))
    return Model(chain, classes, Preparation(1, 7, 7), (0.0,), (255.0,), weights)


def _digits(text: str) -> NDArray[np.uint8]:
    return np.array([[int(digit) for digit in row] for row in text.split()], np.uint8)
