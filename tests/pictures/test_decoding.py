import threading

import numpy as np
import pytest

from convscope.errors import PictureError
from convscope.pictures.decoding import decode
from convscope.pictures.sources import open_source


def test_every_picture_arrives_once_and_broken_ones_apart(tmp_path, class_folders, encode):
    source = open_source(class_folders(tmp_path, a=30, b=30))
    (tmp_path / "b" / "7.png").write_bytes(encode()[:30])
    taken, refused = [], []
    decode(source, range(0, 60, 2), taken.append, lambda index, error: refused.append((index, error)))
    broken = next(index for index, item in enumerate(source.items) if item.name.endswith("b/7.png"))
    expected = set(range(0, 60, 2))
    assert sorted([one.index for one in taken] + [index for index, _ in refused]) == sorted(expected)
    assert [index for index, _ in refused] == [index for index in expected if index == broken]


def test_equal_pictures_have_equal_digests(tmp_path, class_folders, encode):
    source = open_source(class_folders(tmp_path, a=3))
    (tmp_path / "a" / "2.png").write_bytes(encode(0))
    taken = []
    decode(source, range(3), taken.append, pytest.fail)
    first, second, third = (one.digest for one in sorted(taken, key=lambda one: one.index))
    assert first == third != second


def test_pixels_of_another_shape_have_another_digest():
    taken = []
    for shape in ((2, 2, 3), (2, 3, 2)):
        source = open_source((np.zeros(shape, np.uint8), ["a", "b"]))
        decode(source, [0], taken.append, pytest.fail)
    assert taken[0].digest != taken[1].digest


def test_an_error_ends_the_decoding_and_its_threads():
    source = open_source((np.zeros((10_000, 2, 2), np.uint8), ["a", "b"] * 5_000))
    taken = []

    def take(decoded):
        taken.append(decoded.index)
        raise PictureError("stop")

    before = threading.active_count()
    with pytest.raises(PictureError, match="stop"):
        decode(source, range(10_000), take, pytest.fail)
    assert threading.active_count() == before
    assert len(taken) < 10_000
