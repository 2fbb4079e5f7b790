import numpy as np

from convscope.doctor.summary import summary
from convscope.pictures.preparation import Preparation
from convscope.pictures.sources import open_source
from convscope.pictures.store_building import build_store


def told(tmp_path, pictures, labels):
    return summary(build_store(open_source((pictures, labels)), Preparation(1, 8, 8), folder=tmp_path))


def test_what_is_wrong_is_told(tmp_path):
    pictures = np.random.default_rng(0).integers(0, 256, (12, 8, 8), np.uint8)
    pictures[1] = pictures[2] = pictures[0]
    pictures[4], pictures[5] = 9, 200
    assert told(tmp_path, pictures, ["a"] * 2 + ["b"] * 10) == (
        "pictures of one colour once they are 8 × 8: 2 (arrays[4], arrays[5])",
        "pictures that repeat another, byte by byte: 2",
        "pictures that stand under two labels: 1",
        "classes of very different size: 10 pictures of 'b', 2 of 'a'",
        "`convscope doctor` shows which, and finds more",
    )


def test_nothing_is_told_of_healthy_pictures(tmp_path):
    pictures = np.random.default_rng(0).integers(0, 256, (12, 8, 8), np.uint8)
    assert told(tmp_path, pictures, ["a", "b"] * 6) == ()
