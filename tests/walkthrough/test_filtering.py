import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage, signal

from convscope.errors import NetworkError, SettingError
from convscope.walkthrough.filtering import MAX_SIDE, filter_picture
from convscope.walkthrough.named_filters import NAMED_FILTERS, parse_filter

PICTURE = np.random.default_rng(0).integers(0, 256, (13, 10), np.uint8)


def test_every_named_filter_does_what_scipy_does():
    drawn = filter_picture(PICTURE, {name: parse_filter(name) for name in NAMED_FILTERS})
    assert [step.kind for step in drawn.steps] == ["image", "convolution", "relu"]
    assert drawn.steps[1].filter_names == [*NAMED_FILTERS]
    for result, name in zip(drawn.steps[1].output.values(), NAMED_FILTERS, strict=True):
        expected = ndimage.correlate(PICTURE.astype(float), parse_filter(name), mode="constant")
        np.testing.assert_allclose(result, expected, rtol=1e-5)
    assert drawn.largest_difference < 1e-2


@given(st.integers(1, 4), st.integers(0, 3), st.integers(1, 5), st.integers(1, 5))
@settings(max_examples=20)
def test_stride_padding_and_own_sizes(stride, padding, rows, columns):
    own = np.random.default_rng(rows).integers(-3, 4, (rows, columns)).astype(float)
    drawn = filter_picture(PICTURE, {"own": own}, stride=(stride, stride), padding=(padding, padding))
    expected = signal.correlate2d(np.pad(PICTURE.astype(float), padding), own, mode="valid")
    np.testing.assert_array_equal(drawn.steps[1].output.values()[0], expected[::stride, ::stride])


def test_a_colour_picture_is_read_as_grey_and_a_large_one_made_smaller():
    drawn = filter_picture(
        np.full((2 * MAX_SIDE, 100, 3), 80, np.uint8), {"identity": parse_filter("identity")}
    )
    assert drawn.steps[0].shape == [1, MAX_SIDE, 50]
    assert (drawn.steps[1].output.values() == 80).all()
    assert [change.step for change in drawn.steps[0].changes] == [
        "read",
        "colour",
        "size",
        "normalisation",
    ]


def test_it_predicts_nothing():
    drawn = filter_picture(PICTURE, {"blur": parse_filter("blur")})
    assert (drawn.classes, drawn.predicted, drawn.probabilities, drawn.why) == (
        [],
        None,
        [],
        None,
    )


def test_filters_of_two_sizes_and_filters_larger_than_the_picture():
    with pytest.raises(SettingError, match="same number"):
        filter_picture(PICTURE, {"blur": parse_filter("blur"), "own": np.ones((2, 2))})
    with pytest.raises(NetworkError, match="does not fit"):
        filter_picture(PICTURE, {"own": np.ones((20, 20))}, padding=(0, 0))
