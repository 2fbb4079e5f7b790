"""EfficientNet-Lite0: a network for photos of 224x224 that is made of cheap convolutions.

It consists of *inverted residual blocks* (MBConv). Each widens its maps by a convolution of 1x1, filters
every map by itself (depthwise), and narrows them again by a convolution of 1x1 without activation. Blocks
that do not change the maps' shape have a shortcut. The Lite variant has ReLU6 where EfficientNet-B0 has
swish, and no squeeze-and-excitation.

Sources: M. Tan, Q. Le, "EfficientNet: Rethinking model scaling for convolutional neural networks", ICML 2019,
https://arxiv.org/abs/1905.11946, table 1; the Lite variants at
https://github.com/tensorflow/tpu/tree/master/models/official/efficientnet/lite.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from convscope.network.notation import Convolution, DepthwiseConvolution, Join, Layer, Shortcut, write
from convscope.steps.windows import Windows

if TYPE_CHECKING:
    from collections.abc import Iterator


class Stage(NamedTuple):
    """Blocks that give out as many maps of the same size.

    Attributes:
        repeats: How many blocks.
        size: Side of the depthwise filters.
        stride: Of the first block; that of the others is 1.
        expansion: How many times as many maps a block filters as it reads.
        maps: How many it gives out.
    """

    repeats: int
    size: int
    stride: int
    expansion: int
    maps: int


def _same(size: int, stride: int = 1) -> Windows:
    """Return TensorFlow's SAME padding: one output per `stride` cells; what is odd is added at the end.

    With a stride of 2 and maps of even sides, size - 2 zeros are added: for a filter of 3x3 one at the right
    and at the bottom, for 5x5 one at the left and top and two at the right and bottom.
    """
    padding = (size - stride) // 2
    return Windows((size, size), (stride, stride), (padding, padding), overhang=stride > 1)


LITE0_SHAPE: tuple[Literal[3], int, int] = (3, 224, 224)
"""Channels, height and width of the pictures that it was trained on."""
STEM = Convolution(32, _same(3, stride=2), "relu6")
"""The first convolution."""
LAST = Convolution(1280, _same(1), "relu6")
"""The last one, whose maps are averaged for the head."""
STAGES = (
    Stage(1, 3, 1, 1, 16),
    Stage(2, 3, 2, 6, 24),
    Stage(2, 5, 2, 6, 40),
    Stage(3, 3, 2, 6, 80),
    Stage(3, 5, 1, 6, 112),
    Stage(4, 5, 2, 6, 192),
    Stage(1, 3, 1, 6, 320),
)
"""The seven stages of table 1 of the paper, between the first convolution and the last."""


def lite0_blocks() -> list[tuple[Layer, ...]]:
    """Return the layers of each of the 16 blocks, which stand between `STEM` and `LAST`.

    Example:
        >>> [write(block) for block in lite0_blocks()[:3]]
        ['D3r6-16C1l', '96C1r6-D3s2p0or6-24C1l', '(144C1r6-D3r6-24C1l)+']
    """
    return list(_blocks())


def lite0_notation() -> str:
    """Return EfficientNet-Lite0 in notation: its head reads the means of the last 1,280 maps."""
    return write([STEM, *(layer for block in _blocks() for layer in block), LAST, Join()])


def _blocks() -> Iterator[tuple[Layer, ...]]:
    maps = STEM.filters
    for stage in STAGES:
        for number in range(stage.repeats):
            stride = stage.stride if number == 0 else 1
            block = _block(stage, maps, stride)
            keeps_shape = stride == 1 and maps == stage.maps
            yield (Shortcut(block),) if keeps_shape else block
            maps = stage.maps


def _block(stage: Stage, maps: int, stride: int) -> tuple[Layer, ...]:
    widen = Convolution(maps * stage.expansion, _same(1), "relu6")
    filter_maps = DepthwiseConvolution(_same(stage.size, stride), "relu6")
    narrow = Convolution(stage.maps, _same(1), "linear")
    return (filter_maps, narrow) if stage.expansion == 1 else (widen, filter_maps, narrow)
