"""Drawings are placed like the network's training pictures."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import center_of_mass, find_objects
from sklearn.datasets import load_digits

from convscope.errors import PictureError
from convscope.studio.walk.drawings import Placement, place, placement_of

SIDE = 280
WHOLE = (SIDE, SIDE)
DIGITS = (load_digits().images * 15).astype(np.uint8)


def on_a_pad(digit, *, cell=12, top=40, left=100):
    """A digit drawn on a part of the pad."""
    pad = np.zeros((SIDE, SIDE), np.uint8)
    large = np.kron(digit, np.ones((cell, cell), np.uint8))
    pad[top : top + len(large), left : left + len(large[0])] = large
    return pad


@given(st.integers(0, len(DIGITS) - 1), st.integers(0, 180), st.integers(0, 180))
def test_the_position_of_a_drawing_makes_no_difference(index, top, left):
    placement = Placement()
    first = place(on_a_pad(DIGITS[index]), placement, (28, 28))
    np.testing.assert_array_equal(
        place(on_a_pad(DIGITS[index], top=top, left=left), placement, (28, 28)), first
    )


@given(st.integers(0, len(DIGITS) - 1), st.integers(6, 20))
def test_it_is_placed_like_digits_of_mnist_by_scipy(index, cell):
    placed = place(on_a_pad(DIGITS[index], cell=cell), Placement(), WHOLE)
    ((rows, columns),) = find_objects((placed > 25).astype(int))
    assert max(rows.stop - rows.start, columns.stop - columns.start) == pytest.approx(SIDE * 20 / 28, abs=5)
    assert np.array(center_of_mass(placed)) + 0.5 == pytest.approx(SIDE / 2, abs=1)


@given(st.integers(0, len(DIGITS) - 1))
def test_the_whole_drawing_stays_inside(index):
    drawn = on_a_pad(DIGITS[index], cell=14)
    placed = place(drawn, Placement(side_fraction=1, centre=(0.9, 0.1)), WHOLE)
    ((rows, columns),) = find_objects((drawn > 0).astype(int))
    scale = SIDE / max(rows.stop - rows.start, columns.stop - columns.start)
    assert placed.sum() == pytest.approx(drawn.sum() * scale**2, rel=0.1)


@given(st.integers(0, len(DIGITS) - 1))
def test_a_digit_drawn_in_a_corner_is_restored(index):
    ((rows, columns),) = find_objects((DIGITS[index] > 0).astype(int))
    box = DIGITS[index][rows, columns]
    longer = max(box.shape)
    centre = (np.array(center_of_mass(box)) + 0.5) / longer
    stands = Placement(side_fraction=1, centre=tuple(centre))
    again = place(on_a_pad(DIGITS[index]), stands, (longer, longer))
    assert np.abs(again[: box.shape[0], : box.shape[1]].astype(int) - box).max() <= 0.15 * 255


def test_the_placement_of_pictures_is_measured():
    digits = placement_of(DIGITS[:200])
    assert digits.side_fraction == 1
    assert digits.centre == pytest.approx((0.5, 0.5), abs=0.05)
    assert not digits.is_dark
    framed = [np.pad(255 - one, 4, constant_values=255) for one in DIGITS[:200]]
    assert placement_of(framed).side_fraction == pytest.approx(0.5)
    assert placement_of(framed).is_dark
    assert placement_of([np.full((5, 5, 3), 9, np.uint8)]) == Placement()


def test_dark_ink_is_drawn_on_bright_ground():
    drawn = on_a_pad(DIGITS[0])
    bright, dark = (place(drawn, Placement(is_dark=one), WHOLE) for one in (False, True))
    np.testing.assert_array_equal(dark, 255 - bright)


def test_an_empty_drawing_is_an_error():
    with pytest.raises(PictureError, match="empty"):
        place(np.zeros((9, 9), np.uint8), Placement(), WHOLE)
