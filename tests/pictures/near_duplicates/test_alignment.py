import numpy as np
import pytest

from convscope.pictures.near_duplicates.alignment import likenesses

CHANGES = {
    "nothing": {},
    "half the size": {"scale": 0.5},
    "larger": {"scale": 1.5},
    "recompressed": {"quality": 30},
    "mirrored": {"mirrored": True, "quality": 60},
    "cropped evenly": {"cropped": (0.05, 0.05, 0.05, 0.05), "quality": 60},
    "cropped at one side": {"cropped": (0.1, 0, 0, 0.08)},
    "all of it": {"cropped": (0.02, 0.08, 0.06, 0), "mirrored": True, "scale": 0.6, "quality": 40},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_copies_are_alike(photos, copy, thumbnails, change):
    copies = [copy(photo, **change) for photo in photos]
    pairs = np.array([(place, place + len(photos)) for place in range(len(photos))], np.int32)
    mirrored = np.full(len(pairs), "mirrored" in change)
    pictures = thumbnails([*photos, *copies])
    orders = (pairs, np.ascontiguousarray(pairs[:, ::-1]))
    alike = np.maximum(*(likenesses(pictures, order, mirrored) for order in orders))
    assert np.sort(alike)[2] > 0.85  # two of twelve mostly show a blurred background


def test_strangers_are_not(photos, thumbnails):
    pairs = np.array([(a, b) for a in range(len(photos)) for b in range(a)], np.int32)
    assert likenesses(thumbnails(photos), pairs, np.zeros(len(pairs), np.bool_)).max() < 0.75


def test_brightness_and_contrast_do_not_matter(photos, thumbnails):
    two = thumbnails(photos[:1]).repeat(2, axis=0)
    two[1] = 60 + two[1] // 3
    assert likenesses(two, np.array([[0, 1]], np.int32), np.array([False]))[0] > 0.98


@pytest.mark.parametrize("grey", [0, 255])
def test_flat_pictures_are_like_nothing(photos, thumbnails, grey):
    flat = np.full((1, 32, 32), grey, np.uint8)
    pictures = np.concatenate([thumbnails(photos[:1]), flat, flat])
    pairs = np.array([[0, 1], [1, 0], [1, 2]], np.int32)
    assert likenesses(pictures, pairs, np.zeros(3, np.bool_)).tolist() == [0, 0, 0]
