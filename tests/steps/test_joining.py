import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from convscope.errors import NetworkError, SettingError
from convscope.steps import joining

channels = st.lists(st.integers(1, 4), min_size=1, max_size=4)
sides = st.tuples(st.integers(1, 3), st.integers(1, 3))


def maps_of(counts: list[int], size: tuple[int, int]) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.normal(size=(count, *size)) for count in counts]


@given(channels, sides)
def test_maps_and_gradients_are_pytorch_s(counts, size):
    maps = maps_of(counts, size)
    tensors = [torch.from_numpy(one).requires_grad_() for one in maps]
    joined = torch.cat(tensors)
    np.testing.assert_array_equal(joining.forward(maps), joined.detach())
    at_output = np.random.default_rng(1).normal(size=joined.shape)
    joined.backward(torch.from_numpy(at_output))
    for part, tensor in zip(joining.gradient(at_output, maps), tensors, strict=True):
        np.testing.assert_array_equal(part, tensor.grad)


@given(channels, sides)
def test_every_map_is_explained(counts, size):
    maps = maps_of(counts, size)
    for channel, joined in enumerate(joining.forward(maps)):
        origin = joining.explain(maps, channel=channel)
        np.testing.assert_array_equal(joined, maps[origin.source][origin.channel])


def test_maps_of_different_sizes_are_an_error():
    with pytest.raises(NetworkError):
        joining.forward([np.zeros((1, 2, 2)), np.zeros((1, 2, 3))])


def test_nothing_to_join_is_an_error():
    with pytest.raises(NetworkError, match="nothing"):
        joining.forward([])


def test_a_map_that_is_not_there_is_an_error():
    with pytest.raises(SettingError):
        joining.explain([np.zeros((2, 1, 1))], channel=2)
