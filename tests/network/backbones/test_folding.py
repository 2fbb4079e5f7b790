"""From the tensors of a file to weights and biases."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from convscope.network.backbones.folding import Normalisation, TensorReader, fold

FIELDS = ("weight", "bias", "running_mean", "running_var")


def test_a_folded_convolution_does_what_both_layers_do() -> None:
    torch.manual_seed(0)
    both = nn.Sequential(nn.Conv2d(3, 5, 3, bias=False), nn.BatchNorm2d(5)).double().eval()
    for field in FIELDS:
        nn.init.uniform_(getattr(both[1], field), 0.5, 1.5)
    numbers = (getattr(both[1], field).detach().numpy() for field in FIELDS)
    weight, bias = fold(both[0].weight.detach().numpy(), Normalisation(*numbers), both[1].eps)
    picture = torch.randn(1, 3, 6, 6, dtype=torch.float64)
    folded = nn.functional.conv2d(picture, torch.from_numpy(weight), torch.from_numpy(bias))
    torch.testing.assert_close(folded, both(picture), rtol=1e-12, atol=1e-12)


def test_what_is_wrong_with_a_tensor_is_said() -> None:
    numbers = np.ones(2, np.float32)
    reader = TensorReader({"a": numbers, "b": numbers.astype(np.float16), "c": numbers * np.nan})
    for name, shape, problem in (
        ("d", (2,), "no tensor d"),
        ("a", (3,), r"a has the shape \(2,\), not \(3,\)"),
        ("b", (2,), "b holds float16, not float32"),
        ("c", (2,), "infinite or undefined"),
    ):
        with pytest.raises(ValueError, match=problem):
            reader.take(name, *shape)


def test_a_variance_is_not_negative() -> None:
    tensors = {f"bn.{field}": np.ones(2, np.float32) for field in FIELDS}
    assert TensorReader(tensors).normalisation("bn", 2).gain.tolist() == [1, 1]
    tensors["bn.running_var"] = np.array([1, -1], np.float32)
    with pytest.raises(ValueError, match="negative variance"):
        TensorReader(tensors).normalisation("bn", 2)


def test_only_the_head_may_be_left() -> None:
    reader = TensorReader({"fc": np.ones(1), "bn.num_batches_tracked": np.ones(()), "more": np.ones(1)})
    with pytest.raises(ValueError, match="it has a tensor more"):
        reader.check_done(["fc"])
    reader.check_done(["fc", "more"])
