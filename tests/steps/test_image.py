import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from convscope.errors import NetworkError, SettingError
from convscope.steps import image

pictures = hnp.arrays(np.uint8, st.tuples(st.integers(1, 5), st.integers(1, 5), st.sampled_from([1, 3])))


@given(pictures, st.data())
def test_values_and_gradient_agree_with_pytorch(pixels, data):
    channels = pixels.shape[2]
    mean = data.draw(hnp.arrays(np.float64, channels, elements=st.floats(0, 255)), label="mean")
    std = data.draw(hnp.arrays(np.float64, channels, elements=st.floats(0.5, 100)), label="std")
    leaf = torch.tensor(pixels, dtype=torch.float64, requires_grad=True)
    maps = (leaf.permute(2, 0, 1) - torch.tensor(mean)[:, None, None]) / torch.tensor(std)[:, None, None]
    at_output = np.random.default_rng(0).normal(size=maps.shape)
    maps.backward(torch.tensor(at_output))
    np.testing.assert_allclose(image.forward(pixels, mean, std), maps.detach(), rtol=1e-12)
    np.testing.assert_allclose(image.gradient(at_output, std), leaf.grad, rtol=1e-12)


@given(pictures)
def test_every_explanation_repeats_the_arithmetic(pixels):
    mean, std = np.arange(pixels.shape[2]) + 120.0, np.arange(pixels.shape[2]) + 60.0
    maps = image.forward(pixels, mean, std)
    for channel, row, column in np.ndindex(maps.shape):
        number = image.explain(pixels, mean, std, channel=channel, row=row, column=column)
        assert number.pixel == pixels[row, column, channel]
        assert number.result == (number.pixel - number.mean) / number.std == maps[channel, row, column]


def test_only_whole_numbers_from_0_to_255_are_pixels():
    with pytest.raises(NetworkError, match="float64"):
        image.forward(np.zeros((2, 2, 1)), [0], [1])


@pytest.mark.parametrize(("mean", "std"), [([0], [1, 1, 1]), ([0, 0, 0], [1])])
def test_every_channel_needs_a_mean_and_a_standard_deviation(mean, std):
    with pytest.raises(NetworkError, match="channels = 3"):
        image.forward(np.zeros((2, 2, 3), dtype=np.uint8), mean, std)


@pytest.mark.parametrize("std", [0.0, -1.0, float("nan")])
def test_a_standard_deviation_must_be_positive(std):
    with pytest.raises(SettingError, match="standard deviations"):
        image.forward(np.zeros((2, 2, 1), dtype=np.uint8), [0], [std])


def test_a_pixel_outside_cannot_be_explained():
    with pytest.raises(SettingError, match="row 2"):
        image.explain(np.zeros((2, 2, 1), dtype=np.uint8), [0], [1], channel=0, row=2, column=0)
