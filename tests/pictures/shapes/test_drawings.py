import numpy as np
from scipy import ndimage

from convscope.pictures.shapes.drawings import SIDE, draw_shape, draw_shapes
from convscope.pictures.shapes.outlines import SHAPES


def test_the_same_seed_draws_the_same_pictures_and_another_seed_others():
    first, labels = draw_shapes(18, seed=3)
    again, _ = draw_shapes(18, seed=3)
    other, _ = draw_shapes(18, seed=4)
    assert (first == again).all()
    assert not (first == other).all(axis=(1, 2)).any()
    assert labels == [*SHAPES, *SHAPES]


def test_no_two_pictures_are_alike_and_none_is_empty_or_full():
    pictures, _ = draw_shapes(450)
    assert len({picture.tobytes() for picture in pictures}) == 450
    covered = pictures.mean(axis=(1, 2)) / 255
    assert covered.min() > 0.015
    assert covered.max() < 0.8


def test_ink_keeps_inside_the_picture():
    pictures, _ = draw_shapes(180)
    border = np.concatenate(
        [pictures[:, [0, -1]].reshape(180, -1), pictures[:, :, [0, -1]].reshape(180, -1)], axis=1
    )
    assert (border > 127).mean() < 0.02


def test_an_arrow_has_more_ink_on_the_side_it_points_to():
    rng = np.random.default_rng(5)
    lean = {name: [] for name in ("arrow left", "arrow right")}
    for _ in range(60):
        for name, found in lean.items():
            ink = draw_shape(name, rng).astype(float)
            columns = np.flatnonzero(ink.max(axis=0) > 25)
            across = ink.sum(axis=0) @ np.arange(SIDE) / ink.sum()
            found.append(across - columns.mean())
    assert np.mean(np.array(lean["arrow left"]) < 0) > 0.8
    assert np.mean(np.array(lean["arrow right"]) > 0) > 0.8


def test_a_mouth_is_what_tells_a_smiley_from_a_sad_face():
    rng = np.random.default_rng(6)
    mean = {
        name: ndimage.gaussian_filter(np.mean([draw_shape(name, rng) for _ in range(300)], axis=0), 1)
        for name in ("smiley", "sad face")
    }
    difference = np.abs(mean["smiley"] - mean["sad face"])
    assert difference[SIDE // 2 :].max() > 2 * difference[: SIDE // 2 - 4].max()
