import numpy as np
import pytest
import scipy.ndimage
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from convscope.network.threads import run
from convscope.pictures.augmentation import augment_batch

PLAIN = (1.0, 0.0, 1.0)  # contrast, brightness, saturation
WHOLE = (0.5, 0.5, 0.0)  # the centre of a hole, and half its side
STILL = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0))

seeds = st.integers(0, 2**32 - 1)
shapes = st.tuples(st.integers(1, 9), st.integers(1, 9), st.sampled_from([1, 3]))


def noise(shape, seed=0, count=1):
    return np.random.default_rng(seed).integers(0, 256, (count, *shape), np.uint8)


def cut(
    pictures,
    maps=STILL,
    colours=PLAIN,
    hole=WHOLE,
    mean=0.0,
    std=1.0,
    picks=None,
    threads=None,
    dtype=np.float32,
):
    """Cut every picture (or the picked ones) with the same map, colours and hole."""
    picks = np.arange(len(pictures)) if picks is None else np.array(picks)
    count, channels = len(picks), pictures.shape[3]
    out = np.empty((count, *pictures.shape[1:]), dtype)
    each = (
        np.broadcast_to(np.array(maps, np.float32), (count, 2, 3)).copy(),
        np.broadcast_to(np.array(colours, np.float32), (count, 3)).copy(),
        np.broadcast_to(np.array(hole, np.float32), (count, 3)).copy(),
    )
    scales = (np.full(channels, mean, np.float32), np.full(channels, std, np.float32))
    run(augment_batch, pictures, picks, *each, *scales, out, threads=threads)
    return out


@given(shapes, seeds)
def test_what_is_not_changed_stays_exactly_the_same(shape, seed):
    pictures = noise(shape, seed, 3)
    assert np.array_equal(np.rint(cut(pictures)), pictures)
    np.testing.assert_allclose(cut(pictures), pictures, atol=1e-4)


@given(shapes, st.integers(-20, 20), st.integers(-20, 20), seeds)
def test_a_shift_of_whole_pixels_is_exact_and_reflects_at_the_border(shape, down, right, seed):
    pictures = noise(shape, seed)
    found = cut(pictures, [(1, 0, down), (0, 1, right)])
    margins = [(max(0, -by), max(0, by)) for by in (down, right)]
    padded = np.pad(pictures[0], [*margins, (0, 0)], "reflect")
    top, left = max(0, down), max(0, right)
    assert np.array_equal(np.rint(found[0]), padded[top : top + shape[0], left : left + shape[1]])


@given(shapes, seeds)
def test_a_mirrored_picture_is_exactly_that(shape, seed):
    pictures = noise(shape, seed)
    assert np.array_equal(np.rint(cut(pictures, [(1, 0, 0), (0, -1, 0)])), pictures[:, :, ::-1])


@settings(max_examples=50)
@given(
    shapes, st.lists(st.floats(-1.5, 1.5), min_size=4, max_size=4), st.floats(-6, 6), st.floats(-6, 6), seeds
)
def test_every_other_map_mixes_four_neighbours_as_scipy_does(shape, turned, down, right, seed):
    pictures = noise(shape, seed)
    matrix = np.array(turned, np.float32).reshape(2, 2)
    found = cut(pictures, np.c_[matrix, np.array([down, right], np.float32)])
    height, width, channels = shape
    middle = np.array([[(height - 1) / 2], [(width - 1) / 2]])
    places = np.indices((height, width)).reshape(2, -1) - middle
    sources = matrix @ places + np.array([[down], [right]], np.float32) + middle
    for channel in range(channels):
        # SciPy's "mirror" does not repeat the border either; it fails for a single row or column
        map_of = pictures[0, :, :, channel].astype(float)
        grown = np.pad(map_of, [(0, 1 if side == 1 else 0) for side in map_of.shape], "edge")
        expected = scipy.ndimage.map_coordinates(grown, sources, order=1, mode="mirror")
        np.testing.assert_allclose(found[0, :, :, channel].ravel(), expected, atol=0.02)


@given(st.sampled_from([1, 3]), st.floats(0.5, 2), st.floats(-80, 80), st.floats(0, 2), seeds)
def test_colours_change_as_described(channels, contrast, brightness, saturation, seed):
    pictures = noise((4, 5, channels), seed)
    found = cut(pictures, colours=(contrast, brightness, saturation), mean=100, std=50)
    grey = pictures.mean(axis=3, keepdims=True)
    expected = contrast * (grey + saturation * (pictures - grey) - 100) + brightness
    np.testing.assert_allclose(found, expected / 50, atol=1e-4)


@given(shapes, st.floats(0, 1), st.floats(0, 1), st.floats(0, 1), seeds)
def test_a_hole_is_a_square_of_nothing_and_all_around_it_stays(shape, down, right, half, seed):
    pictures = noise(shape, seed)
    found = cut(pictures, hole=(down, right, half), mean=100, std=50)[0]
    height, width, _ = shape
    rows = np.array([abs(np.float32((i + 0.5) / height) - np.float32(down)) < half for i in range(height)])
    columns = np.array([abs(np.float32((j + 0.5) / width) - np.float32(right)) < half for j in range(width)])
    expected = cut(pictures, mean=100, std=50)[0]
    expected[np.ix_(rows, columns)] = 0
    assert np.array_equal(found, expected)


def test_each_channel_has_its_own_mean_and_standard_deviation():
    pictures = noise((3, 4, 3))
    mean, std = np.array([10, 120, 200], np.float32), np.array([30, 60, 90], np.float32)
    out = np.empty(pictures.shape, np.float32)
    one = (np.array([numbers], np.float32) for numbers in (STILL, PLAIN, WHOLE))
    run(augment_batch, pictures, np.zeros(1, np.int64), *one, mean, std, out)
    np.testing.assert_allclose(out, (pictures - mean) / std, atol=1e-5)


def test_pictures_are_picked_in_any_order_and_as_often_as_wanted():
    pictures = noise((3, 4, 1), count=5)
    assert np.array_equal(np.rint(cut(pictures, picks=[4, 0, 0, 2])), pictures[[4, 0, 0, 2]])


def test_bfloat16_is_float32_rounded():
    pictures, turned = noise((6, 5, 3), count=4), [(0.9, 0.2, 0.3), (-0.2, 0.9, 1.7)]
    exact = torch.from_numpy(cut(pictures, turned, mean=120, std=60))
    found = torch.from_numpy(cut(pictures, turned, mean=120, std=60, dtype=np.uint16)).view(torch.bfloat16)
    assert torch.equal(found, exact.bfloat16())


@pytest.mark.parametrize("threads", [2, 5, 100])
def test_the_number_of_threads_changes_no_bit(threads):
    pictures, turned = noise((6, 5, 3), count=40), [(0.9, 0.2, 0.3), (-0.2, 0.9, 1.7)]
    assert np.array_equal(cut(pictures, turned, threads=threads), cut(pictures, turned, threads=1))


def test_a_store_that_is_mapped_read_only_will_do(tmp_path):
    pictures = noise((3, 4, 1), count=5)
    pictures.tofile(tmp_path / "pictures")
    mapped = np.memmap(tmp_path / "pictures", np.uint8, "r", shape=pictures.shape)
    assert np.array_equal(cut(mapped), cut(pictures))
