import numpy as np
import pytest
from PIL import Image

from convscope.training.start.colour_baseline import baseline_is_far_worse, mean_colours
from convscope.training.start.gain import Gain


@pytest.mark.parametrize(("height", "width"), [(8, 8), (32, 64), (224, 224)])
def test_mean_colours_are_those_of_a_box_filter(height, width):
    pictures = np.random.default_rng(0).integers(0, 256, (3, height, width, 3)).astype(np.uint8)
    expected = [Image.fromarray(one).resize((8, 8), Image.Resampling.BOX) for one in pictures]
    found = mean_colours(pictures).reshape(3, 8, 8, 3)
    assert np.abs(found - np.array(expected, np.float32)).max() <= 1.01  # Pillow rounds twice


def test_what_is_left_over_does_not_count():
    pictures = np.random.default_rng(0).integers(0, 256, (2, 23, 17, 1)).astype(np.uint8)
    assert np.array_equal(mean_colours(pictures), mean_colours(pictures[:, :16, :16]))


def test_with_few_pictures_it_is_not_clear():
    labels = np.repeat([0, 1], 5)
    assert not baseline_is_far_worse(Gain(np.arange(10) < 8, np.arange(10) < 6), labels)


def test_what_is_right_by_chance_counts_for_nothing():
    labels = (np.arange(100) >= 80).astype(int)
    first, second = np.arange(100) < 95, np.arange(100) < 85
    assert baseline_is_far_worse(Gain(first, second), labels)
    assert not baseline_is_far_worse(Gain(first, second), np.arange(100) % 2)


def test_features_that_recognise_no_more_than_chance_are_not_far_ahead():
    assert not baseline_is_far_worse(Gain(np.arange(100) < 50, np.arange(100) >= 50), np.arange(100) % 2)
