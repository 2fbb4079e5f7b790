import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convscope.pictures.batches import Augmentation, batches, cut, draw_epoch, unchanged

INDICES = np.arange(100, 1100)
DRAWN = ("order", "maps", "colours", "holes")
SIDES = (20, 30)
EVERYTHING = Augmentation(
    mirror=True, shift=2, zoom_in=0.5, zoom_out=0.2, stretch=0.3, turn=10, colour=0.4, cutout=0.3
)


def drawn(augmentation=EVERYTHING, seed=0, epoch=0):
    return draw_epoch(INDICES, augmentation, SIDES, seed=seed, epoch=epoch)


def same(a, b):
    return all(np.array_equal(getattr(a, name), getattr(b, name)) for name in DRAWN)


def test_seed_and_epoch_say_what_is_drawn():
    assert same(drawn(seed=3, epoch=7), drawn(seed=3, epoch=7))
    assert not same(drawn(seed=3, epoch=7), drawn(seed=4, epoch=7))
    assert not same(drawn(seed=3, epoch=7), drawn(seed=3, epoch=8))


def test_every_picture_comes_once_in_an_order_that_changes():
    first, second = drawn(epoch=0).order, drawn(epoch=1).order
    assert np.array_equal(np.sort(first), INDICES)
    assert np.array_equal(np.sort(second), INDICES)
    assert not np.array_equal(first, second)


def test_nothing_asked_for_is_nothing_changed():
    epoch = drawn(Augmentation())
    assert np.array_equal(epoch.maps, np.broadcast_to(np.float32([[1, 0, 0], [0, 1, 0]]), (1000, 2, 3)))
    assert np.array_equal(epoch.colours, np.broadcast_to(np.float32([1, 0, 1]), (1000, 3)))
    assert not epoch.holes[:, 2].any()


def mirrored(epoch):
    """Return for each index whether its picture is mirrored."""
    is_mirrored = epoch.maps[:, 1, 1] < 0
    return is_mirrored[np.argsort(epoch.order)]


def test_half_of_the_pictures_are_mirrored_and_in_the_next_epoch_the_others():
    first, second, third = (mirrored(drawn(Augmentation(mirror=True), epoch=epoch)) for epoch in range(3))
    assert 0.4 < first.mean() < 0.6
    assert np.array_equal(second, ~first)
    assert np.array_equal(third, first)
    assert not mirrored(drawn(Augmentation(shift=1))).any()


def test_shifts_are_whole_pixels_of_every_size_up_to_the_largest():
    shifts = drawn(Augmentation(shift=3)).maps[:, :, 2]
    assert np.array_equal(np.unique(shifts[:, 0]), np.arange(-3, 4))
    assert np.array_equal(np.unique(shifts[:, 1]), np.arange(-3, 4))


def corners(epoch):
    """Return (n, 2, 4), the origins of the four corners of each picture, relative to the centre."""
    height, width = (side / 2 for side in SIDES)
    places = np.array([[-height, -height, height, height], [-width, width, -width, width], [1, 1, 1, 1]])
    return epoch.maps @ places


def test_a_zoomed_part_lies_within_the_picture():
    epoch = drawn(Augmentation(zoom_in=0.5))
    shares = epoch.maps[:, 0, 0]
    assert np.exp(-0.5) - 1e-6 <= shares.min() < 0.7
    assert 0.9 < shares.max() <= 1
    assert np.array_equal(shares, epoch.maps[:, 1, 1])
    assert (np.abs(corners(epoch)) <= np.array(SIDES)[:, None] / 2 + 1e-4).all()


def test_zooming_out_shows_the_whole_picture():
    epoch = drawn(Augmentation(zoom_out=0.3))
    assert 1 <= epoch.maps[:, 0, 0].min() < epoch.maps[:, 0, 0].max() <= np.exp(0.3) + 1e-6
    assert (epoch.maps[:, :, 2] == 0).all()


def test_stretching_keeps_the_area_and_turning_the_lengths():
    stretched = drawn(Augmentation(stretch=0.4)).maps
    np.testing.assert_allclose(np.linalg.det(stretched[:, :, :2].astype(float)), 1, rtol=1e-5)
    ratios = np.log(stretched[:, 0, 0] / stretched[:, 1, 1])
    assert -0.4 - 1e-6 <= ratios.min() < -0.3
    assert 0.3 < ratios.max() <= 0.4 + 1e-6
    turned = drawn(Augmentation(turn=15)).maps[:, :, :2].astype(float)
    np.testing.assert_allclose(turned @ turned.transpose(0, 2, 1), np.eye(2)[None].repeat(1000, 0), atol=1e-6)
    angles = np.rad2deg(np.arctan2(turned[:, 1, 0], turned[:, 0, 0]))
    assert -15 - 1e-4 <= angles.min() < -14
    assert 14 < angles.max() <= 15 + 1e-4


def test_colours_stay_within_their_bounds():
    contrast, brightness, saturation = drawn(Augmentation(colour=0.4)).colours.T
    for factor in (contrast, saturation):
        assert np.exp(-0.4) - 1e-6 <= factor.min() < 0.75
        assert 1.3 < factor.max() <= np.exp(0.4) + 1e-6
    assert -40 <= brightness.min() < -35
    assert 35 < brightness.max() <= 40


def test_holes_are_of_one_size_and_lie_anywhere():
    down, right, half = drawn(Augmentation(cutout=0.3)).holes.T
    assert np.all(half == np.float32(0.15))
    for middle in (down, right):
        assert 0 <= middle.min() < 0.02
        assert 0.98 < middle.max() <= 1


@given(st.integers(0, 50), st.integers(1, 20), st.integers(0, 5))
def test_batches_are_full_and_begin_where_they_shall(count, size, start):
    everything = list(batches(count, size))
    assert [index for taken in everything for index in range(count)[taken]] == list(
        range(count // size * size)
    )
    assert list(batches(count, size, start=start)) == everything[start:]


@pytest.mark.parametrize("mirror", [False, True])
def test_unchanged_pictures_come_in_order_as_they_are_or_mirrored(mirror):
    pictures = np.random.default_rng(0).integers(0, 256, (9, 6, 5, 3), np.uint8)
    mean, std = np.full(3, 100, np.float32), np.full(3, 50, np.float32)
    out = np.empty((2, 6, 5, 3), np.float32)
    cut(pictures, unchanged(np.array([7, 3, 5]), mirror=mirror), slice(1, 3), mean, std, out)
    expected = pictures[[3, 5], :, ::-1] if mirror else pictures[[3, 5]]
    np.testing.assert_allclose(out, (expected - 100.0) / 50, atol=1e-5)


def test_pictures_may_be_shown_smaller():
    rows, columns = np.mgrid[:12, :20]
    ramp = (10 * rows + 2 * columns).astype(np.uint8)[np.newaxis, :, :, np.newaxis]
    out = np.empty((1, 9, 15, 1), np.float32)
    cut(ramp, unchanged(np.array([0])), slice(0, 1), np.zeros(1, np.float32), np.ones(1, np.float32), out)
    # a ramp is a ramp at any size: pixel centres are 4/3 pixels apart
    down, across = (np.arange(count) - (count - 1) / 2 for count in (9, 15))
    expected = 10 * (5.5 + down[:, np.newaxis] * 4 / 3) + 2 * (9.5 + across * 4 / 3)
    np.testing.assert_allclose(out[0, 1:-1, 1:-1, 0], expected[1:-1, 1:-1], rtol=1e-5)
