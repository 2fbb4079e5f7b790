import numpy as np
import pytest
from PIL import Image

from convscope.pictures.near_duplicates.looks import Looks


@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_looks_are_grey_thumbnails_and_mean_colours(photos, mode):
    image = photos[3].convert(mode)
    looks = Looks.of(2)
    looks.fill(1, np.asarray(image))
    grey = np.asarray(image.convert("L").resize((32, 32), Image.Resampling.BOX), np.float32)
    colours = np.asarray(image.convert("RGB").resize((4, 4), Image.Resampling.BOX), np.float32)
    assert not looks.thumbnails[0].any()
    assert np.corrcoef(looks.thumbnails[1].ravel(), grey.ravel())[0, 1] > 0.98
    assert np.abs(looks.colours[1] - colours).mean() < 2


def test_some_of_them():
    looks = Looks.of(3)
    looks.fill(2, np.full((40, 50, 3), (10, 20, 30), np.uint8))
    some = looks[np.array([2])]
    assert some.thumbnails.shape == (1, 32, 32)
    assert set(some.thumbnails.ravel().tolist()) == {18}  # 0.299 * 10 + 0.587 * 20 + 0.114 * 30 = 18.15
    assert (some.colours == [10, 20, 30]).all()
