"""Scaling of blocks, and folding the coefficients back."""

from __future__ import annotations

import numpy as np
import pytest

from convscope.training.start.logistic import Coefficients
from convscope.training.start.scaled_blocks import scale_blocks


@pytest.mark.parametrize("pictures", [5, 200])
def test_folded_coefficients_give_the_same_logits_for_features_as_they_are(pictures: int) -> None:
    random = np.random.default_rng(0)
    features = (random.normal(size=(pictures, 60)) * 7 + 100).astype(np.float32)
    scaled = scale_blocks(features, [slice(0, 20), slice(40, 60)])
    width = scaled.coordinates.shape[1]
    found = Coefficients(
        random.normal(size=(width, 3)).astype(np.float32), random.normal(size=3).astype(np.float32)
    )
    weights, bias = scaled.fold(found)
    chosen = np.concatenate([features[:, :20], features[:, 40:]], axis=1)
    np.testing.assert_allclose(
        chosen @ weights.T + bias, found.logits(scaled.coordinates), rtol=1e-3, atol=1e-3
    )


def test_few_pictures_have_few_coordinates_and_the_same_distances() -> None:
    features = np.random.default_rng(0).normal(size=(6, 50)).astype(np.float32)
    scaled = scale_blocks(features, [slice(0, 50)])
    assert scaled.coordinates.shape == (6, 6)
    centred = (features - features.mean(axis=0)) * scaled.scale
    np.testing.assert_allclose(
        scaled.coordinates @ scaled.coordinates.T, centred @ centred.T, rtol=1e-4, atol=1e-4
    )


def test_each_block_varies_by_one() -> None:
    features = np.random.default_rng(0).normal(size=(300, 30)).astype(np.float32)
    features[:, 10:] *= 50
    blocks = [slice(0, 10), slice(10, 30)]
    scaled = scale_blocks(features, blocks)
    for block in blocks:
        assert np.square(scaled.coordinates[:, block]).mean() == pytest.approx(1, rel=1e-4)


def test_a_block_that_does_not_vary_is_left_as_it_is() -> None:
    features = np.ones((3, 2), np.float32)
    scaled = scale_blocks(features, [slice(0, 2)])
    assert scaled.scale.tolist() == [1, 1]
    assert not scaled.coordinates.any()
