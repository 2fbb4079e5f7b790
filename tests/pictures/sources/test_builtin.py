import numpy as np
from sklearn.datasets import load_digits

from convscope.pictures.sources import open_source


def test_digits_are_those_of_scikit_learn_scaled_to_bytes():
    source, digits = open_source("digits"), load_digits()
    pixels = np.stack([source.read(index) for index in range(len(source.items))])
    assert np.abs(pixels / 255 - digits.images / 16).max() <= 0.5 / 255
    assert pixels.max() == 255
    assert [item.label for item in source.items] == [str(target) for target in digits.target]


def test_shapes_are_drawn_once_and_are_as_many_of_each_class():
    source = open_source("shapes")
    assert source is open_source("shapes")
    labels = [item.label for item in source.items]
    assert {labels.count(label) for label in set(labels)} == {400}
    assert source.read(0).shape == (28, 28)
