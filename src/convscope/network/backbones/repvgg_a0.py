"""RepVGG-A0: a sequence of 22 3x3 convolutions with ReLU, and nothing else.

It was trained with three branches in each layer: a 3x3 convolution, a 1x1 convolution, and, where the shape
stays the same, the identity, each with batch normalisation; ReLU follows their sum. All branches are linear.
A 1x1 filter is a 3x3 filter with zeros around it, and the identity is a 1x1 filter with weight 1 for its own
map. So the three branches are equivalent to one 3x3 convolution, whose weights are the sum of theirs
(*structural reparameterisation*).

Sources: X. Ding et al., "RepVGG: Making VGG-style ConvNets great again", CVPR 2021,
https://arxiv.org/abs/2101.03697; the weights at https://huggingface.co/timm/repvgg_a0.rvgg_in1k.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from convscope.network.backbones.description import Design
from convscope.network.backbones.folding import TensorReader, fold
from convscope.network.backbones.weight_files import HubFile
from convscope.network.notation import Convolution
from convscope.steps.windows import Windows

if TYPE_CHECKING:
    from convscope.network.backbones.description import Folded, Tensors
    from convscope.network.backbones.folding import Normalisation, Weight

STAGES = ((2, 48), (4, 96), (14, 192), (1, 1280))
"""Number of layers and maps of each stage; its first layer halves the maps' sides. The input has 48 maps."""
_STEM = 48
_EPSILON = 1e-5
_HEAD = ("head.fc.weight", "head.fc.bias")


def _layers() -> list[tuple[str, int, int]]:
    """Return the name of each layer in the file, its maps and its stride."""
    return [
        ("stem", _STEM, 2),
        *(
            (f"stages.{stage}.{number}", maps, 2 if number == 0 else 1)
            for stage, (count, maps) in enumerate(STAGES)
            for number in range(count)
        ),
    ]


def _fold(tensors: Tensors) -> Folded:
    reader = TensorReader(tensors)
    channels = 3
    for name, maps, stride in _layers():
        yield _layer(reader, name, channels, maps, has_identity=stride == 1 and channels == maps)
        channels = maps
    reader.check_done(_HEAD)


def _layer(reader: TensorReader, name: str, channels: int, maps: int, *, has_identity: bool) -> Weight:
    """Return the 3x3 convolution that is equivalent to all branches of a layer."""
    weight, bias = _branch(reader, f"{name}.conv_kxk", channels, maps, 3)
    small, small_bias = _branch(reader, f"{name}.conv_1x1", channels, maps, 1)
    weight[:, :, 1, 1] += small[:, :, 0, 0]
    bias = bias + small_bias
    if has_identity:
        factor, shift = reader.normalisation(f"{name}.identity", maps).factor_and_shift(_EPSILON)
        weight[:, :, 1, 1] += np.diag(factor)
        bias = bias + shift
    return weight, bias


def _branch(reader: TensorReader, name: str, channels: int, maps: int, side: int) -> Weight:
    weight = reader.take(f"{name}.conv.weight", maps, channels, side, side)
    normalisation: Normalisation = reader.normalisation(f"{name}.bn", maps)
    return fold(weight, normalisation, _EPSILON)


_BLOCKS = tuple(
    (Convolution(maps, Windows((3, 3), (stride, stride), (1, 1))),) for _, maps, stride in _layers()
)

DESIGN = Design(
    name="repvgg-a0",
    title="RepVGG-A0",
    blocks=_BLOCKS[:-1],
    last=_BLOCKS[-1],
    joinable=(2, 6, 13, 20),
    tuned_from=14,
    shape=(3, 224, 224),
    mean=(123.675, 116.28, 103.53),
    std=(58.395, 57.12, 57.375),
    trained="X. Ding and others, trained on ImageNet",
    licence="MIT",
    file=HubFile("timm/repvgg_a0.rvgg_in1k", "8eba874cbccfd4f5815f3c8dcb10959a6fc7dcf0", 37),
    fold=_fold,
)
