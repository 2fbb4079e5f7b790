import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from convscope.doctor.examination import examine
from convscope.pictures.near_duplicates.joining import joined
from convscope.pictures.near_duplicates.pairs import near_pairs
from convscope.pictures.sources import open_source


def pairs_among(images, folder):
    for place, image in enumerate(images):
        (folder / "ab"[place % 2]).mkdir(exist_ok=True)
        image.convert("RGB").save(folder / "ab"[place % 2] / f"{place:03}.png")
    source = open_source(folder)
    number = [int(Path(item.name).stem) for item in source.items]
    return {
        tuple(sorted((number[a], number[b]))) for a, b in near_pairs(examine(source).looks).indices.tolist()
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
    assert near_pairs(examine(open_source((pictures, ["a"] * count))).looks).indices.tolist() == []


@pytest.mark.slow
def test_digits_that_look_alike_are_no_copies():
    source = open_source("digits")
    assert len(near_pairs(examine(source).looks).indices) < 0.01 * len(source.items)


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


def drawings(kind, count, seed=0):
    """Squares and discs, arrows, or letters, with random positions and sizes, on plain coloured grounds."""
    rng = np.random.default_rng(seed)
    images = []
    for number in range(count):
        ground, ink = (tuple(map(int, rng.integers(0, 256, 3))) for _ in range(2))
        image = Image.new("RGB", (128, 128), ground)
        draw, size = ImageDraw.Draw(image), int(rng.integers(20, 43))
        x, y = map(int, rng.integers(size, 128 - size, 2))
        if kind == "shapes":
            shape = draw.rectangle if number % 2 else draw.ellipse
            shape((x - size, y - size, x + size, y + size), fill=ink)
        elif kind == "arrows":
            side = size if number % 2 else -size
            draw.line((x - side, y, x + side, y), fill=ink, width=size // 3)
            draw.polygon([(x + side, y), (x, y - size // 2), (x, y + size // 2)], fill=ink)
        else:
            draw.text(
                (x, y), "ABCDE"[number % 5], fill=ink, font=ImageFont.load_default(2 * size), anchor="mm"
            )
        images.append(image.resize((32, 32), Image.Resampling.BOX))
    return images


@pytest.mark.parametrize("kind", ["shapes", "arrows", "letters"])
def test_simple_drawings_are_no_copies_of_each_other(tmp_path, kind):
    assert len(pairs_among(drawings(kind, 240), tmp_path)) <= 2


@pytest.mark.parametrize("kind", ["shapes", "letters"])
def test_copies_of_simple_drawings_are_found(tmp_path, kind, copy):
    originals = drawings(kind, 60)
    found = pairs_among([*originals, *(copy(one, quality=90) for one in originals)], tmp_path)
    assert {(first, second - 60) for first, second in found} <= {(place, place) for place in range(60)}
    assert len(found) >= 36


def test_stripes_that_can_be_laid_upon_each_other_are_no_copies(tmp_path):
    rng = np.random.default_rng(0)
    images = []
    for number in range(200):
        wave = np.sin(np.arange(32) * 2 * np.pi / rng.uniform(3, 10) + rng.uniform(0, 2 * np.pi))
        dark, bright = rng.integers(0, 256, (2, 3))
        pixels = np.tile((dark + (bright - dark) * (0.5 + 0.5 * wave[:, None])).astype(np.uint8), (32, 1, 1))
        images.append(Image.fromarray(pixels if number % 2 else pixels.transpose(1, 0, 2).copy()))
    assert len(pairs_among(images, tmp_path)) <= 2


def test_a_photo_among_drawings_is_compared_as_a_photo(tmp_path, photos, copy):
    images = [*photos, *drawings("shapes", 60)]
    cropped = [copy(photo, quality=70, cropped=(0.04, 0.02, 0.03, 0.05)) for photo in (photos[1], photos[5])]
    found = pairs_among([*images, *cropped], tmp_path)
    assert found == {(1, len(images)), (5, len(images) + 1)}
