import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.fft import dctn

from convscope.pictures.near_duplicates.descriptors import LARGEST_FREQUENCY, describe

noise = np.random.default_rng(0).integers(0, 256, (20, 32, 32), np.uint8)


def test_the_whole_frame_is_the_discrete_cosine_transform():
    expected = dctn(noise.astype(float), axes=(1, 2))[:, : LARGEST_FREQUENCY + 1, : LARGEST_FREQUENCY + 1]
    rows, columns = np.nonzero(np.add.outer(np.arange(7), np.arange(7)) <= LARGEST_FREQUENCY)
    chosen = expected[:, rows, columns][:, 1:]
    chosen /= np.sqrt((chosen**2).mean(axis=0))
    chosen /= np.linalg.norm(chosen, axis=1, keepdims=True)
    np.testing.assert_allclose(describe(noise).whole, chosen, atol=1e-4)


def test_mirroring_turns_signs():
    both = describe(np.concatenate([noise, noise[:, :, ::-1]]))
    whole, inner, whole_mirrored, inner_mirrored = both.versions()
    np.testing.assert_allclose(whole[20:], whole_mirrored[:20], atol=1e-4)
    np.testing.assert_allclose(inner[20:], inner_mirrored[:20], atol=1e-4)


def test_the_inner_frame_is_met_by_a_cropped_copy(photos, copy, thumbnails):
    cropped = [copy(photo, cropped=(0.05,) * 4) for photo in photos]
    found = describe(thumbnails([*photos, *cropped]))
    count = len(photos)
    alike = (found.inner[:count] * found.whole[count:]).sum(axis=1)
    assert alike.min() > 0.97


@pytest.mark.parametrize("grey", [0, 7, 255])
def test_a_flat_picture_is_alike_to_nothing(grey):
    found = describe(np.concatenate([noise, np.full((1, 32, 32), grey, np.uint8)]))
    assert np.abs(found.whole[-1]).max() < 0.01
    assert np.abs(found.inner[-1]).max() < 0.01


@given(arrays(np.uint8, st.tuples(st.integers(1, 5), st.just(32), st.just(32))))
def test_lengths_are_one_or_zero_and_always_finite(pictures):
    for one in describe(pictures).versions():
        lengths = np.linalg.norm(one, axis=1)
        assert np.isfinite(one).all()
        assert np.all((np.abs(lengths - 1) < 1e-3) | (lengths == 0))
