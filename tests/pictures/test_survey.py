import numpy as np
import pytest
from PIL import Image

from convscope.errors import DataError
from convscope.pictures.sources import open_source
from convscope.pictures.survey import SAMPLE, survey


def test_sizes_and_colour_are_seen(tmp_path, class_folders, encode):
    class_folders(tmp_path, a=3, b=2)
    (tmp_path / "a" / "2.png").write_bytes(encode(height=9, width=11))
    seen = survey(open_source(tmp_path))
    assert sorted(zip(seen.heights.tolist(), seen.widths.tolist(), strict=True)) == [(5, 6)] * 4 + [(9, 11)]
    assert (seen.median_height, seen.median_width) == (5, 6)
    assert not seen.same_size
    assert not seen.grey


@pytest.mark.parametrize("mode", ["L", "RGB", "1"])
def test_grey_is_what_shows_no_colour_in_any_mode(tmp_path, mode):
    for number in range(4):
        path = tmp_path / "ab"[number % 2] / f"{number}.png"
        path.parent.mkdir(exist_ok=True)
        Image.new("L", (3, 3), 60 * number).convert(mode).save(path)
    seen = survey(open_source(tmp_path))
    assert seen.grey
    assert seen.same_size


def test_a_sample_is_spread_over_the_whole_source():
    pictures = np.zeros((1000, 2, 2, 3), np.uint8)
    labels = ["a", "b"] * 500
    assert len(survey(open_source((pictures, labels))).heights) == SAMPLE
    for colourful in (0, 999):
        pictures[:] = 0
        pictures[colourful, 0, 0] = [1, 2, 3]
        assert not survey(open_source((pictures, labels))).grey


def test_broken_pictures_are_passed_over(tmp_path, class_folders):
    class_folders(tmp_path, a=2, b=2)
    (tmp_path / "a" / "0.png").write_bytes(b"")
    assert len(survey(open_source(tmp_path)).heights) == 3


def test_nothing_but_broken_pictures_is_an_error(tmp_path, class_folders):
    for path in class_folders(tmp_path, a=2, b=2).rglob("*.png"):
        path.write_bytes(b"text")
    with pytest.raises(DataError, match=r"a/0\.png"):
        survey(open_source(tmp_path))


def test_one_class_is_told_before_anything_is_decoded(tmp_path, class_folders):
    with pytest.raises(DataError, match="only one class"):
        survey(open_source(class_folders(tmp_path, a=3)))
