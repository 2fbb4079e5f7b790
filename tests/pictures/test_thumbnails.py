import io

import numpy as np
import pytest
from PIL import Image

from convscope.errors import StoreError
from convscope.pictures.sources import open_source
from convscope.pictures.thumbnails import SIDE, SLOT, build_thumbnails, small


@pytest.fixture
def source(class_folders, encode, tmp_path):
    """Small pictures, a large one and an unreadable one."""
    folder = class_folders(tmp_path / "pets", cat=3, dog=2)
    (folder / "cat" / "large.jpg").write_bytes(encode(1, "JPEG", height=300, width=400))
    (folder / "dog" / "broken.png").write_bytes(b"no picture")
    return open_source(folder)


def decoded(source, place):
    return np.asarray(Image.open(io.BytesIO(source.read(place))))


def test_every_picture_stands_at_its_place_and_one_that_cannot_be_read_at_none(source, cache):  # noqa: ARG001
    found = build_thumbnails(source)
    for place, item in enumerate(source.items):
        if item.name.endswith("broken.png"):
            assert found.pixels(place) is None
        elif item.name.endswith("large.jpg"):
            assert found.pixels(place).shape == (SIDE * 3 // 4, SIDE, 3)
        else:
            np.testing.assert_array_equal(found.pixels(place), decoded(source, place))


def test_they_are_built_once_and_anew_where_they_are_damaged(source, cache, monkeypatch):
    first = build_thumbnails(source)
    with monkeypatch.context() as patched:
        patched.setattr("convscope.pictures.thumbnails.decode", None)
        again = build_thumbnails(source)
    np.testing.assert_array_equal(first.shapes, again.shapes)
    (pixels,) = cache.rglob("thumbnails.bin")
    pixels.write_bytes(b"")
    np.testing.assert_array_equal(build_thumbnails(source).shapes, first.shapes)
    assert pixels.stat().st_size == len(source.items) * SLOT


def test_without_a_place_to_keep_them_it_is_told(source, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("CONVSCOPE_CACHE", str(tmp_path / "file"))
    with pytest.raises(StoreError, match="cannot write"):
        build_thumbnails(source)


@pytest.mark.parametrize("shape", [(8, 8), (8, 8, 1), (8, 8, 3)])
def test_what_is_small_stays_as_it_is(shape):
    pixels = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    np.testing.assert_array_equal(small(pixels), pixels.reshape(8, 8, -1))
