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
        (np.zeros((2, 4, 4)), [0, 1], r"must be uint8, these are float64(.|\n)*\(255 \* pictures\).round"),
        (np.full((2, 4, 4), 7), [0, 1], r"these are int64(.|\n)*give pictures.astype\('uint8'\)"),
        (np.full((2, 4, 4), 4095, np.uint16), [0, 1], "these are uint16(.|\n)*scale them to 0..255"),
        (np.full((2, 4, 4), np.nan), [0, 1], "must be uint8"),
        (np.ones((2, 4, 4), bool), [0, 1], r"these are bool(.|\n)*give 255 \* pictures"),
        (
            [np.zeros((4, 4), np.uint8), np.zeros((4, 5), np.uint8)],
            [0, 1],
            "of different shapes(.|\n)*resize",
        ),
        (["a.png", "b.png"], [0, 1], "these are <U5(.|\n)*give their folder"),
        (np.zeros((2, 3, 8, 8), np.uint8), [0, 1], r"channels first(.|\n)*transpose\(0, 2, 3, 1\)"),
        (np.zeros((2, 4, 4), np.uint8), [0.5, 0.25], "picture 0: its label is the number 0.5"),
        (np.zeros((2, 4, 4), np.uint8), [None, None], "no picture has a label"),
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


@pytest.mark.parametrize(
    ("labels", "classes", "left_out"),
    [
        ([None, "a", "b"], ["a", "b"], "without a label"),
        ([float("nan"), 1.0, 2.0], ["1", "2"], "without a label"),
        (["", "a", "b"], ["a", "b"], "without a label"),
        ([-1, 0, 1], ["0", "1"], "labelled -1, no label"),
        ([b"cat", b"dog", b"caf\xe9"], ["cat", "dog", "café"], None),
        ([1, "1", " 1 "], ["1", "1", "1"], None),
        ([-1, 1, 1], ["-1", "1", "1"], None),
    ],
)
def test_labels_mean_what_they_mean_in_tables(labels, classes, left_out):
    pictures = np.arange(3, dtype=np.uint8)[:, None, None] * np.ones((4, 4), np.uint8)
    source = open_source((pictures, np.array(labels, object) if None in labels else labels))
    assert [item.label for item in source.items] == classes
    last = 3 - len(classes)
    assert [source.read(index)[0, 0] for index in range(len(classes))] == list(range(last, 3))
    assert source.notes == (() if left_out is None else (f"left out: 1 picture, {left_out}",))
