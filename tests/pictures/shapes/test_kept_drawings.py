import numpy as np
import pytest

from convscope.pictures.shapes.drawings import draw_shapes
from convscope.pictures.shapes.kept_drawings import kept_shapes


@pytest.mark.usefixtures("cache")
def test_they_are_those_that_are_drawn_and_come_from_the_cache_the_next_time(monkeypatch):
    pictures, labels = kept_shapes(18, seed=1)
    drawn, their_labels = draw_shapes(18, seed=1)
    assert np.array_equal(pictures, drawn)
    assert labels == their_labels
    monkeypatch.setattr("convscope.pictures.shapes.kept_drawings.draw_shapes", None)
    again, labels_again = kept_shapes(18, seed=1)
    assert np.array_equal(again, drawn)
    assert labels_again == labels


@pytest.mark.parametrize("damage", [b"", b"no array", b"\x93NUMPY\x01\x00"])
def test_a_damaged_file_is_drawn_anew(cache, damage):
    kept_shapes(9)
    (file,) = (cache / "shapes").iterdir()
    file.write_bytes(damage)
    assert np.array_equal(kept_shapes(9)[0], draw_shapes(9)[0])
    assert file.stat().st_size > 28 * 28 * 9


def test_a_cache_that_cannot_be_written_is_done_without(cache):
    (cache / "shapes").write_text("a file where the folder should be")
    assert np.array_equal(kept_shapes(9)[0], draw_shapes(9)[0])
