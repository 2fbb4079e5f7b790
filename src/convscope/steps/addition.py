"""Addition: a shortcut. What went into a block of steps is added to what came out of it.

    output = input + block(input)

The block only has to learn what to change about its input (the residual), and the gradient can bypass it.
That makes much deeper networks trainable.

Source: K. He, X. Zhang, S. Ren, J. Sun, "Deep residual learning for image recognition", CVPR 2016,
https://arxiv.org/abs/1512.03385.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from convscope.steps.arrays import Array, as_array, require_inside

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


@dataclass(frozen=True, slots=True)
class Sum:
    """How one cell is computed: block + shortcut = result."""

    block: float
    shortcut: float
    result: float


def forward(block: ArrayLike, shortcut: ArrayLike) -> Array:
    """Add the output maps of a block and its input maps.

    Args:
        block: (channels, height, width).
        shortcut: The same shape.

    Raises:
        NetworkError: The shapes differ.

    Example:
        >>> forward([[[1, 2]]], [[[10, 20]]]).tolist()
        [[[11.0, 22.0]]]
    """
    block, shortcut = _read(block, shortcut)
    return block + shortcut


def gradient(at_output: ArrayLike) -> tuple[Array, Array]:
    """Compute the gradient at both inputs: each gets all of it.

    Args:
        at_output: The gradient at the output, (channels, height, width).

    Example:
        >>> [part.tolist() for part in gradient([[[3]]])]
        [[[[3.0]]], [[[3.0]]]]
    """
    at_output = as_array(at_output, "gradients", channels=None, height=None, width=None)
    return at_output, at_output.copy()


def explain(block: ArrayLike, shortcut: ArrayLike, *, channel: int, row: int, column: int) -> Sum:
    """Explain how one cell is computed.

    Raises:
        NetworkError: The shapes differ.
        SettingError: There is no such cell.

    Example:
        >>> explain([[[1, 2]]], [[[10, 20]]], channel=0, row=0, column=1)
        Sum(block=2.0, shortcut=20.0, result=22.0)
    """
    block, shortcut = _read(block, shortcut)
    require_inside(block.shape, channel=channel, row=row, column=column)
    cell = channel, row, column
    return Sum(float(block[cell]), float(shortcut[cell]), float(block[cell] + shortcut[cell]))


def _read(block: ArrayLike, shortcut: ArrayLike) -> tuple[Array, Array]:
    block = as_array(block, "the block's maps", channels=None, height=None, width=None)
    channels, height, width = block.shape
    return block, as_array(shortcut, "the shortcut's maps", channels=channels, height=height, width=width)
