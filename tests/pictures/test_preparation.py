import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from convscope.pictures.preparation import Preparation, prepare

SIDES = st.integers(1, 40)
SHAPES = st.tuples(SIDES, SIDES, st.sampled_from([1, 3]))
PICTURES = SHAPES.flatmap(lambda shape: arrays(np.uint8, shape))
PREPARATIONS = st.builds(
    Preparation, st.sampled_from([1, 3]), SIDES, SIDES, st.sampled_from(["stretch", "pad", "crop"])
)


@given(PICTURES, PREPARATIONS)
def test_the_result_has_the_form_asked_for(picture, preparation):
    prepared = prepare(picture, preparation)
    assert prepared.shape == (preparation.height, preparation.width, preparation.channels)
    assert prepared.dtype == np.uint8


@given(PICTURES, st.sampled_from(["stretch", "pad", "crop"]))
def test_a_picture_of_that_form_stays_untouched(picture, fit):
    height, width, channels = picture.shape
    assert np.array_equal(prepare(picture, Preparation(channels, height, width, fit)), picture)


@given(PICTURES)
def test_grey_with_and_without_a_channel_axis_is_the_same(picture):
    preparation = Preparation(3, 9, 7)
    grey = picture[:, :, :1]
    assert np.array_equal(prepare(grey[:, :, 0], preparation), prepare(grey, preparation))


@given(PICTURES.filter(lambda picture: picture.shape[2] == 3))
def test_grey_is_luma(picture):
    height, width, _ = picture.shape
    luma = picture @ np.array([0.299, 0.587, 0.114])
    assert np.abs(prepare(picture, Preparation(1, height, width))[:, :, 0] - luma).max() <= 1


def triangles(before, after):
    """Return the weight of each input pixel for each output pixel: a triangle around its centre."""
    centres = (np.arange(after) + 0.5) * before / after
    distances = np.abs(np.arange(before) + 0.5 - centres[:, np.newaxis])
    weights = np.maximum(0, 1 - distances / max(1, before / after))
    return weights / weights.sum(axis=1, keepdims=True)


@given(PICTURES, SIDES, SIDES)
def test_stretching_is_antialiased_and_bilinear(picture, height, width):
    rows, columns = triangles(picture.shape[0], height), triangles(picture.shape[1], width)
    expected = np.einsum("hi,ijc,wj->hwc", rows, picture, columns)
    prepared = prepare(picture, Preparation(picture.shape[2], height, width))
    # Pillow rounds after each of the two directions.
    assert np.abs(prepared - expected).max() <= 1.01


@pytest.mark.parametrize(("height", "width"), [(10, 40), (40, 10)])
def test_padding_keeps_the_whole_picture_in_the_middle_of_black(height, width):
    prepared = prepare(np.full((height, width, 3), 200, np.uint8), Preparation(3, 20, 20, "pad"))
    inside = (prepared == 200).all(axis=2)
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    assert (len(rows), len(columns)) == (height // 2, width // 2)
    assert prepared[~inside].max() == 0
    assert abs((19 - rows[-1]) - rows[0]) <= 1
    assert abs((19 - columns[-1]) - columns[0]) <= 1


def test_cropping_keeps_the_middle():
    picture = np.zeros((10, 30, 1), np.uint8)
    picture[:, 10:20] = 255
    assert prepare(picture, Preparation(1, 10, 10, "crop")).min() == 255
    assert np.array_equal(prepare(picture, Preparation(1, 10, 10, "crop")), picture[:, 10:20])


@pytest.mark.parametrize("fit", ["stretch", "pad", "crop"])
@pytest.mark.parametrize("shape", [(1, 1), (1, 20_000), (20_000, 1)])
def test_extreme_shapes_work(shape, fit):
    prepared = prepare(np.full(shape, 77, np.uint8), Preparation(3, 32, 32, fit))
    assert prepared.shape == (32, 32, 3)
    assert prepared.max() == 77


@given(PICTURES, SIDES, SIDES)
def test_width_is_scaled_first_whatever_pillow_would_do(picture, height, width):
    by_width = prepare(picture, Preparation(picture.shape[2], picture.shape[0], width))
    expected = prepare(by_width, Preparation(picture.shape[2], height, width))
    assert np.array_equal(prepare(picture, Preparation(picture.shape[2], height, width)), expected)
