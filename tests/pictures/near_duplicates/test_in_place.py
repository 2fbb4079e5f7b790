from dataclasses import replace

import numpy as np
import pytest

from convscope.pictures.near_duplicates.in_place import MOST_UNLIKE, in_place_pairs
from convscope.pictures.near_duplicates.looks import Looks


def looks_of(thumbnails):
    thumbnails = np.clip(np.rint(thumbnails), 0, 255).astype(np.uint8)
    fields = thumbnails.reshape(-1, 4, 8, 4, 8).mean(axis=(2, 4)).astype(np.uint8)
    return Looks(thumbnails, np.repeat(fields[..., None], 3, axis=3))


def noise(count, seed=0):
    return np.random.default_rng(seed).normal(128, 40, (count, 32, 32))


@pytest.mark.parametrize(("strength", "found"), [(0.5, True), (1.5, False)])
def test_copies_differ_by_a_fiftieth_of_strangers(strength, found):
    """With noise of variance n added to pictures of variance v, their distance is n / 2v."""
    pictures = noise(6)
    spread = 40 * np.sqrt(2 * MOST_UNLIKE) * strength
    noisy = pictures[:1] + np.random.default_rng(1).normal(0, spread, (1, 32, 32))
    pairs = in_place_pairs(looks_of(np.concatenate([pictures, noisy])))
    assert {tuple(sorted(pair)) for pair in pairs.indices.tolist()} == ({(0, 6)} if found else set())


def test_a_chain_of_small_steps_is_no_cluster():
    one, other = noise(2)
    angles = np.linspace(0, np.pi / 2, 40)[:, None, None]
    chain = 128 + np.cos(angles) * (one - 128) + np.sin(angles) * (other - 128)
    assert len(in_place_pairs(looks_of(chain)).indices) == 0


def test_pictures_of_one_colour_have_nothing_to_agree_in():
    flat = np.full((4, 32, 32), 90.0) + np.arange(4)[:, None, None]
    assert len(in_place_pairs(looks_of(flat)).indices) == 0


def test_pictures_of_another_brightness_are_not_in_place():
    pictures = noise(5)
    looks = looks_of(np.concatenate([pictures, pictures[:1] + 30]))
    assert len(in_place_pairs(looks).indices) == 0
    same = looks_of(np.concatenate([pictures, pictures[:1] + 1]))
    assert len(in_place_pairs(same).indices)
    recoloured = same.colours.copy()
    recoloured[-1, :, :, 0] = 255 - recoloured[-1, :, :, 0] // 2
    assert len(in_place_pairs(replace(same, colours=recoloured)).indices) == 0
