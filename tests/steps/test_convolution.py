import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import signal

from convscope.errors import NetworkError, SettingError
from convscope.steps import convolution
from convscope.steps.windows import Windows


@st.composite
def convolutions(draw):
    """Arguments of `forward` that fit together: maps, filters, bias, windows."""
    size = draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
    stride = draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    padding = draw(st.tuples(st.integers(0, 3), st.integers(0, 3)))
    sides = [draw(st.integers(max(1, size[axis] - 2 * padding[axis]), 7)) for axis in (0, 1)]
    channels, filters = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    weights = rng.normal(size=(filters, channels, *size))
    return (
        rng.normal(size=(channels, *sides)),
        weights,
        rng.normal(size=filters),
        Windows(size, stride, padding),
    )


@given(convolutions())
def test_values_and_gradients_agree_with_pytorch(case):
    maps, filters, bias, windows = case
    leaves = [torch.tensor(array, requires_grad=True) for array in (maps, filters, bias)]
    expected = torch.nn.functional.conv2d(*leaves, stride=windows.stride, padding=windows.padding)
    at_output = np.random.default_rng(0).normal(size=expected.shape)
    expected.backward(torch.tensor(at_output))
    np.testing.assert_allclose(convolution.forward(*case), expected.detach(), rtol=1e-10, atol=1e-12)
    gradients = convolution.gradient(at_output, maps, filters, windows)
    for gradient, leaf in zip(gradients, leaves, strict=True):
        np.testing.assert_allclose(gradient, leaf.grad, rtol=1e-10, atol=1e-12)


@given(st.integers(0, 2**32 - 1))
def test_it_is_the_cross_correlation_of_signal_processing_and_the_filter_is_not_flipped(seed):
    rng = np.random.default_rng(seed)
    picture, kernel = rng.normal(size=(6, 7)), rng.normal(size=(3, 2))
    (result,) = convolution.forward([picture], [[kernel]], [0])
    np.testing.assert_allclose(result, signal.correlate2d(picture, kernel, mode="valid"), atol=1e-12)
    flipped = kernel[::-1, ::-1]
    np.testing.assert_allclose(result, signal.convolve2d(picture, flipped, mode="valid"), atol=1e-12)


@given(convolutions())
def test_every_explanation_adds_up_to_the_output(case):
    _, filters, bias, _ = case
    for place, value in np.ndenumerate(convolution.forward(*case)):
        channel, row, column = place
        cell = convolution.explain(*case, channel=channel, row=row, column=column)
        assert cell.bias == bias[channel]
        assert len(cell.subtotals) == filters.shape[1]
        np.testing.assert_allclose(cell.result, value, rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(cell.result, sum(cell.subtotals) + cell.bias, rtol=1e-12)
        for source, subtotal in enumerate(cell.subtotals):
            products = [term.product for term in cell.terms if term.channel == source]
            np.testing.assert_allclose(sum(products), subtotal, rtol=1e-10, atol=1e-12)


@given(convolutions())
def test_every_term_is_a_cell_of_the_input_or_padding_times_its_weight(case):
    maps, filters, _, windows = case
    cell = convolution.explain(*case, channel=0, row=0, column=0)
    for term, ((source, i, j), weight) in zip(cell.terms, np.ndenumerate(filters[0]), strict=True):
        assert (term.channel, term.row, term.column) == (
            source,
            i - windows.padding[0],
            j - windows.padding[1],
        )
        inside = 0 <= term.row < maps.shape[1] and 0 <= term.column < maps.shape[2]
        assert term.padding is not inside
        assert term.input == (maps[source, term.row, term.column] if inside else 0)
        assert term.weight == weight
        assert term.product == term.input * term.weight
    if convolution.forward(*case).shape[2] > 1:
        right = convolution.explain(*case, channel=0, row=0, column=1)
        assert right.terms[0].column == cell.terms[0].column + windows.stride[1]


@pytest.mark.parametrize(
    ("maps", "filters", "bias", "named"),
    [
        ((4, 4), (1, 1, 3, 3), (1,), r"maps of shape \(4, 4\)"),
        ((2, 4, 4), (1, 3, 3, 3), (1,), r"filters of shape \(1, 3, 3, 3\)"),
        ((2, 4, 4), (5, 2, 3, 3), (4,), r"biases of shape \(4,\)"),
        ((2, 4, 4), (1, 2, 5, 5), (1,), r"\(5, 5\) does not fit into a map of \(4, 4\)"),
    ],
)
def test_shapes_that_do_not_fit_together_are_named(maps, filters, bias, named):
    arrays = np.zeros(maps), np.zeros(filters), np.zeros(bias)
    with pytest.raises(NetworkError, match=named):
        convolution.forward(*arrays)
    with pytest.raises(NetworkError, match=named):
        convolution.explain(*arrays, channel=0, row=0, column=0)


def test_a_gradient_of_another_shape_than_the_output_is_named():
    with pytest.raises(NetworkError, match=r"gradients of shape \(1, 3, 3\)"):
        convolution.gradient(np.zeros((1, 3, 3)), np.zeros((1, 4, 4)), np.zeros((1, 1, 3, 3)))


def test_a_stride_of_nothing_is_refused():
    with pytest.raises(SettingError, match=r"stride \(0, 1\)"):
        convolution.forward(np.zeros((1, 4, 4)), np.zeros((1, 1, 3, 3)), [0], Windows((3, 3), (0, 1)))


def test_a_cell_outside_the_feature_map_cannot_be_explained():
    arrays = np.zeros((1, 4, 4)), np.zeros((1, 1, 3, 3)), [0]
    with pytest.raises(SettingError, match="row 2"):
        convolution.explain(*arrays, channel=0, row=2, column=0)
