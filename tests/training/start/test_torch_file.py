import io
from collections import OrderedDict

import numpy as np
import torch

from convscope.network.backbones import design
from convscope.training.start.package_file import checked_bytes
from convscope.training.start.torch_file import read_tensors


def test_pytorch_reads_the_same_from_the_weights_of_the_backbone():
    data = checked_bytes(design("lite0").file, "Lite0")
    expected = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    for ours, tensor in zip(read_tensors(data), expected.values(), strict=True):
        assert ours.dtype == tensor.numpy().dtype
        assert np.array_equal(ours, tensor.numpy())


def test_shapes_and_strides_of_any_kind():
    drawn = torch.Generator().manual_seed(0)
    tensors = {
        "matrix": torch.randn(3, 5, generator=drawn),
        "turned": torch.randn(300, 2, generator=drawn).T,
        "number": torch.tensor(70_000),
        "maps": torch.randn(2, 3, 4, 5, generator=drawn).to(memory_format=torch.channels_last),
    }
    file = io.BytesIO()
    torch.save(OrderedDict(tensors), file, _use_new_zipfile_serialization=False)
    for ours, tensor in zip(read_tensors(file.getvalue()), tensors.values(), strict=True):
        assert ours.shape == tuple(tensor.shape)
        assert np.array_equal(ours, tensor.numpy())
