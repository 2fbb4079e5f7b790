"""The example of many courses on convolutional networks, from the smiley to the loss."""

import numpy as np
import pytest

from convscope.steps import (
    classification_error,
    convolution,
    cross_entropy,
    flattening,
    image,
    max_pooling,
    relu,
    softmax,
    squared_error,
)
from convscope.steps.windows import Windows


def digits(text):
    """Read one-digit numbers, one word per row."""
    return np.array([[int(digit) for digit in row] for row in text.split()], dtype=np.uint8)


SMILEY = digits("0000000 0100010 0000000 0001000 0100010 0011100 0000000")
DETECTOR = digits("001 100 011")
FEATURE_MAP_ON_THE_SLIDE = digits("01000 01110 10121 14210 00121")
POOLED = digits("110 421 021")

# Predicted (dog, cat) and the true class of three pictures, by two networks.
NETWORK_1 = [((0.9, 0.1), 0), ((0.1, 0.9), 1), ((0.4, 0.6), 0)]
NETWORK_2 = [((0.6, 0.4), 0), ((0.3, 0.7), 1), ((0.1, 0.9), 0)]


@pytest.fixture
def maps():
    return image.forward(SMILEY[..., np.newaxis], mean=[0], std=[1])


@pytest.fixture
def feature_map(maps):
    return convolution.forward(maps, [[DETECTOR]], bias=[0])


def test_the_feature_map_is_the_slide_s_but_for_its_wrong_centre(feature_map):
    differs = np.argwhere(feature_map[0] != FEATURE_MAP_ON_THE_SLIDE)
    assert differs.tolist() == [[2, 2]]
    assert (FEATURE_MAP_ON_THE_SLIDE[2, 2], feature_map[0, 2, 2]) == (1, 0)


def test_the_centre_is_0_because_no_weight_lies_on_a_black_pixel(maps):
    centre = convolution.explain(maps, [[DETECTOR]], bias=[0], channel=0, row=2, column=2)
    assert [term.product for term in centre.terms] == [0] * 9
    assert sum(term.input for term in centre.terms) == 1
    assert not any(term.padding for term in centre.terms)
    assert centre.result == 0


def test_relu_changes_nothing_where_nothing_is_negative(feature_map):
    np.testing.assert_array_equal(relu.forward(feature_map), feature_map)


def test_pooling_with_overhanging_windows_and_flattening(feature_map):
    pooled = max_pooling.forward(feature_map, Windows((2, 2), (2, 2), overhang=True))
    np.testing.assert_array_equal(pooled, [POOLED])
    assert flattening.forward(pooled).tolist() == [1, 1, 0, 4, 2, 1, 0, 2, 1]


def test_without_overhang_two_by_two_windows_are_left(feature_map):
    pooled = max_pooling.forward(feature_map, Windows((2, 2), (2, 2)))
    np.testing.assert_array_equal(pooled, [POOLED[:2, :2]])


def test_logits_that_differ_by_2_944_make_95_to_5():
    np.testing.assert_allclose(softmax.forward([2.944, 0]), [0.95, 0.05], atol=5e-5)


@pytest.mark.parametrize(
    ("loss", "of_network_1", "of_network_2"),
    [
        (classification_error, 1 / 3, 1 / 3),
        (squared_error, 0.2533, 0.7067),
        (cross_entropy, 0.3757, 1.0567),
    ],
)
def test_only_two_of_the_three_losses_tell_the_networks_apart(loss, of_network_1, of_network_2):
    for network, expected in ((NETWORK_1, of_network_1), (NETWORK_2, of_network_2)):
        losses = [loss.forward(np.log(probabilities), true_class) for probabilities, true_class in network]
        assert np.mean(losses) == pytest.approx(expected, abs=5e-5)


@pytest.mark.parametrize("p", [0.9, 0.5, 0.1, 1e-6])
def test_the_gradients_at_the_true_class_s_logit_follow_their_formulas(p):
    logits = np.log([p, 1 - p])
    assert cross_entropy.gradient(logits, 0)[0] == pytest.approx(p - 1, rel=1e-9)
    assert squared_error.gradient(logits, 0)[0] == pytest.approx(-4 * p * (1 - p) ** 2, rel=1e-9)


def test_a_surely_wrong_network_hears_from_cross_entropy_250_000_times_as_much():
    logits = np.log([1e-6, 1 - 1e-6])
    ratio = cross_entropy.gradient(logits, 0)[0] / squared_error.gradient(logits, 0)[0]
    assert ratio == pytest.approx(250_000, rel=1e-5)
