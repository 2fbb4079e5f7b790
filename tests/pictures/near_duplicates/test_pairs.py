import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from convscope.doctor.examination import examine
from convscope.pictures.near_duplicates.clusters import joined
from convscope.pictures.near_duplicates.pairs import near_pairs
from convscope.pictures.sources import open_source


def pairs_among(images, folder):
    for place, image in enumerate(images):
        (folder / "ab"[place % 2]).mkdir(exist_ok=True)
        image.convert("RGB").save(folder / "ab"[place % 2] / f"{place:03}.png")
    source = open_source(folder)
    number = [int(Path(item.name).stem) for item in source.items]
    return {
        tuple(sorted((number[a], number[b])))
        for a, b in near_pairs(examine(source).looks.thumbnails).indices.tolist()
    }


def test_copies_are_found_and_nothing_else(tmp_path, photos, copy):
    copies = [
        copy(photos[0], scale=0.5, quality=40),
        copy(photos[1], mirrored=True),
        copy(photos[2], cropped=(0.03, 0.06, 0.05, 0)),
    ]
    count = len(photos)
    assert pairs_among([*photos, *copies], tmp_path) == {(0, count), (1, count + 1), (2, count + 2)}


def test_more_copies_of_one_picture_than_candidates_are_kept(tmp_path, photos, copy):
    copies = [copy(photos[0], quality=quality) for quality in range(45, 90, 5)]
    found = pairs_among([*photos, *copies], tmp_path)
    (group,) = joined(found)
    assert set(group) == {0, *range(len(photos), len(photos) + len(copies))}


@pytest.mark.parametrize("count", [1, 2])
def test_few_pictures_and_flat_ones(count):
    pictures = np.full((count, 9, 9), 30, np.uint8)
    assert near_pairs(examine(open_source((pictures, ["a"] * count))).looks.thumbnails).indices.tolist() == []


@pytest.mark.slow
def test_digits_that_look_alike_are_no_copies():
    source = open_source("digits")
    assert len(near_pairs(examine(source).looks.thumbnails).indices) < 0.01 * len(source.items)


@pytest.mark.parametrize("copies", [2, 7, 10, 30])
@pytest.mark.parametrize("kind", ["compressed", "noisy"])
def test_clusters_of_any_size_are_found_whole(tmp_path, kind, copies):
    rng = np.random.default_rng(0)
    images = []
    for _ in range(8):
        colours = Image.fromarray(rng.integers(0, 256, (8, 8, 3), np.uint8))
        texture = np.kron(rng.normal(0, 30, (32, 32, 3)), np.ones((2, 2, 1)))
        pixels = np.asarray(colours.resize((64, 64), Image.Resampling.BICUBIC), np.float32) + texture
        for copy in range(copies):
            noisy = pixels + (rng.normal(0, 3, pixels.shape) if kind == "noisy" else 0)
            buffer = io.BytesIO()
            quality = 70 + copy if kind == "compressed" else 95
            Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8)).save(buffer, "JPEG", quality=quality)
            images.append(Image.open(buffer))
    groups = joined(pairs_among(images, tmp_path))
    assert sorted(groups) == [tuple(range(first, first + copies)) for first in range(0, 8 * copies, copies)]


@pytest.mark.slow
def test_frames_of_one_scene_are_found(tmp_path, photos):
    shifts = [(x, y) for x in (0, 3, 6) for y in (0, 2, 5)]
    images = [photo.crop((x, y, x + 190, y + 190)) for photo in photos for x, y in shifts]
    groups = joined(pairs_among(images, tmp_path))
    assert all(len({index // 9 for index in group}) == 1 for group in groups)
    assert sum(map(len, groups)) >= 0.9 * len(images)
    assert sum(len(group) == 9 for group in groups) >= 0.7 * len(photos)
