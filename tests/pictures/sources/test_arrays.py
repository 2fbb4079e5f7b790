import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from convscope.errors import DataError
from convscope.pictures.sources import open_source

SIDE = st.integers(1, 5)
SHAPES = st.one_of(st.tuples(SIDE, SIDE, SIDE), st.tuples(SIDE, SIDE, SIDE, st.sampled_from([1, 3])))


@given(SHAPES.flatmap(lambda shape: arrays(np.uint8, shape)))
def test_pixels_come_back_as_they_are(pictures):
    source = open_source((pictures, range(len(pictures))))
    assert [item.label for item in source.items] == [str(number) for number in range(len(pictures))]
    for index, load in source.iterate(range(len(pictures))):
        assert np.array_equal(load(), pictures[index])
        assert np.array_equal(source.read(index), pictures[index])


@pytest.mark.parametrize(
    ("pictures", "labels", "message"),
    [
        (np.zeros((2, 4, 4)), [0, 1], "must be uint8, these are float64"),
        (np.zeros((4, 4), np.uint8), [0, 1], "are flat"),
        (np.zeros((2, 4, 4, 4), np.uint8), [0, 1], "cannot be used"),
        (np.zeros((0, 4, 4), np.uint8), [], "cannot be used"),
        (np.zeros((2, 4, 4), np.uint8), [0, 1, 2], r"labels of shape \(3,\)"),
        (np.zeros((2, 4, 4), np.uint8), 5, "one label for each"),
    ],
)
def test_what_cannot_be_used_is_said(pictures, labels, message):
    with pytest.raises(DataError, match=message):
        open_source((pictures, labels))


def test_the_fingerprint_is_of_the_content():
    pictures, labels = np.zeros((2, 4, 4), np.uint8), ["a", "b"]
    before = open_source((pictures, labels)).fingerprint()
    assert open_source((pictures.copy(), list(labels))).fingerprint() == before
    assert open_source((pictures.reshape(2, 4, 4, 1), labels)).fingerprint() != before
    assert open_source((pictures, ["a", "c"])).fingerprint() != before
    pictures[1, 2, 3] = 1
    assert open_source((pictures, labels)).fingerprint() != before


def test_pictures_need_not_lie_in_one_piece():
    pictures = np.arange(2 * 8 * 8).astype(np.uint8).reshape(2, 8, 8)[:, ::2, ::2]
    assert (
        open_source((pictures, [0, 1])).fingerprint() == open_source((pictures.copy(), [0, 1])).fingerprint()
    )
