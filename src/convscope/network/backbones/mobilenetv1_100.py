"""MobileNetV1 at full width: 13 pairs of a depthwise and a 1x1 convolution, all with ReLU6.

A 3x3 convolution is factorised: a depthwise convolution filters each map, a 1x1 convolution mixes the maps
(*depthwise separable convolution*). This takes about a ninth of the multiplications.

Sources: A. Howard et al., "MobileNets: Efficient convolutional neural networks for mobile vision
applications", 2017, https://arxiv.org/abs/1704.04861, table 1; the weights at
https://huggingface.co/timm/mobilenetv1_100.ra4_e3600_r224_in1k.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from convscope.network.backbones.description import Design
from convscope.network.backbones.folding import TensorReader, fold
from convscope.network.backbones.weight_files import HubFile
from convscope.network.notation import Convolution, DepthwiseConvolution
from convscope.steps.windows import Windows

if TYPE_CHECKING:
    from convscope.network.backbones.description import Folded, Tensors
    from convscope.network.notation import Layer

STAGES = ((1, 64), (2, 128), (2, 256), (6, 512), (2, 1024))
"""Blocks and maps of each stage; all stages but the first begin by halving the maps' sides."""
_STEM = 32
_EPSILON = 1e-5
_HEAD = ("classifier.weight", "classifier.bias")


class _Block(NamedTuple):
    """A depthwise and a 1x1 convolution: their name in the file, maps and stride."""

    name: str
    maps: int
    stride: int

    @property
    def layers(self) -> tuple[Layer, ...]:
        """Its layers."""
        windows = Windows((3, 3), (self.stride, self.stride), (1, 1))
        narrow = Windows((1, 1), (1, 1))
        return DepthwiseConvolution(windows, "relu6"), Convolution(self.maps, narrow, "relu6")


_ALL = tuple(
    _Block(f"blocks.{stage}.{number}", maps, 2 if stage > 0 and number == 0 else 1)
    for stage, (count, maps) in enumerate(STAGES)
    for number in range(count)
)


def _fold(tensors: Tensors) -> Folded:
    reader = TensorReader(tensors)
    stem = reader.take("conv_stem.weight", _STEM, 3, 3, 3)
    yield fold(stem, reader.normalisation("bn1", _STEM), _EPSILON)
    channels = _STEM
    for name, maps, _ in _ALL:
        depthwise = reader.take(f"{name}.conv_dw.weight", channels, 1, 3, 3)
        yield fold(depthwise, reader.normalisation(f"{name}.bn1", channels), _EPSILON)
        pointwise = reader.take(f"{name}.conv_pw.weight", maps, channels, 1, 1)
        yield fold(pointwise, reader.normalisation(f"{name}.bn2", maps), _EPSILON)
        channels = maps
    reader.check_done(_HEAD)


_FIRST = Convolution(_STEM, Windows((3, 3), (2, 2), (1, 1)), "relu6")

DESIGN = Design(
    name="mobilenetv1-100",
    title="MobileNetV1 100",
    blocks=((_FIRST, *_ALL[0].layers), *(block.layers for block in _ALL[1:-1])),
    last=_ALL[-1].layers,
    joinable=(2, 4, 7, 10, 11),
    tuned_from=11,
    shape=(3, 224, 224),
    mean=(127.5,) * 3,
    std=(127.5,) * 3,
    trained="A. Howard and others, trained on ImageNet by R. Wightman",
    licence="Apache-2.0",
    file=HubFile("timm/mobilenetv1_100.ra4_e3600_r224_in1k", "dda9ab42e23f3061aa191630817df76e8fe9cace", 17),
    fold=_fold,
)
