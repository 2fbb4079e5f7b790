import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st

from convscope.errors import NetworkError, SettingError
from convscope.steps import depthwise_convolution
from convscope.steps.windows import Windows

small = st.integers(1, 3)
pairs = st.tuples(small, small)


@st.composite
def cases(draw):
    """Maps, filters, biases and windows that fit, without overhang, which PyTorch lacks."""
    channels, (height, width) = draw(small), draw(pairs)
    windows = Windows((height, width), draw(pairs), draw(st.tuples(st.integers(0, 2), st.integers(0, 2))))
    sides = draw(st.tuples(st.integers(1, 6), st.integers(1, 6)))
    assume(
        all(
            side + 2 * padding >= size
            for side, padding, size in zip(sides, windows.padding, windows.size, strict=True)
        )
    )
    rng = np.random.default_rng(draw(st.integers(0, 9)))
    return (
        rng.normal(size=(channels, *sides)),
        rng.normal(size=(channels, 1, height, width)),
        rng.normal(size=channels),
        windows,
    )


@given(cases())
def test_maps_and_gradients_are_pytorch_s(case):
    *arrays, windows = case
    maps, filters, bias = (torch.from_numpy(array).requires_grad_() for array in arrays)
    convolved = torch.nn.functional.conv2d(
        maps[None], filters, bias, windows.stride, windows.padding, groups=len(maps)
    )[0]
    np.testing.assert_allclose(depthwise_convolution.forward(*arrays, windows), convolved.detach())
    at_output = np.random.default_rng(1).normal(size=convolved.shape)
    convolved.backward(torch.from_numpy(at_output))
    found = depthwise_convolution.gradient(at_output, arrays[0], arrays[1], windows)
    for part, tensor in zip((found.maps, found.filters, found.bias), (maps, filters, bias), strict=True):
        np.testing.assert_allclose(part, tensor.grad, atol=1e-12)


@given(cases(), st.data())
def test_every_cell_is_explained(case, data):
    *arrays, windows = case
    convolved = depthwise_convolution.forward(*arrays, windows)
    channel, row, column = (data.draw(st.integers(0, side - 1)) for side in convolved.shape)
    cell = depthwise_convolution.explain(*arrays, windows, channel=channel, row=row, column=column)
    assert cell.result == pytest.approx(convolved[channel, row, column])


def test_a_filter_too_few_is_an_error():
    with pytest.raises(NetworkError):
        depthwise_convolution.forward(np.zeros((2, 3, 3)), np.zeros((1, 1, 3, 3)), [0, 0])


def test_a_map_that_is_not_there_is_an_error():
    with pytest.raises(SettingError):
        depthwise_convolution.explain(
            np.zeros((1, 3, 3)), np.zeros((1, 1, 3, 3)), [0], channel=1, row=0, column=0
        )
