import io
import json
import shutil

import numpy as np
import pytest
from PIL import Image, ImageOps

from convscope.doctor.diagnosis import diagnose
from convscope.doctor.manifest import write_manifest
from convscope.errors import DataError
from convscope.pictures.sources import open_source


@pytest.fixture
def sick(tmp_path, photos, copy):
    """Parts with one problem of each kind; returns the folder."""
    folder = tmp_path / "pets"
    for place, photo in enumerate(photos):
        part, label = ("test" if place >= 8 else "train"), ("cat", "dog")[place % 2]
        path = folder / part / label / f"{place}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        photo.save(path)
    cats, dogs = folder / "train" / "cat", folder / "train" / "dog"
    shutil.copy(cats / "0.png", cats / "again.png")
    copy(photos[2], scale=0.5, quality=50).save(dogs / "contradiction.png")
    copy(photos[9], mirrored=True).save(dogs / "leak.png")
    Image.new("RGB", (200, 200), "red").save(dogs / "red.png")
    photos[4].resize((210, 90)).convert("L").crop((60, 0, 210, 60)).save(cats / "wide.png")
    (dogs / "cut.png").write_bytes((cats / "0.png").read_bytes()[:500])
    return folder


def names(diagnosis, kind):
    finding = next(one for one in diagnosis.findings if one.kind == kind)
    items = diagnosis.source.items
    return [sorted(items[place].name.rpartition("/")[2] for place in group) for group in finding.groups]


def test_everything_is_found(sick):
    found = diagnose(open_source(sick))
    assert names(found, "unreadable") == [["cut.png"]]
    assert names(found, "two labels") == [["2.png", "contradiction.png"]]
    assert names(found, "shared between parts") == [["9.png", "leak.png"]]
    assert names(found, "equal") == [["0.png", "again.png"]]
    assert sorted(names(found, "nearly equal")) == [["2.png", "contradiction.png"], ["9.png", "leak.png"]]
    assert names(found, "constant") == [["red.png"]]
    assert names(found, "odd shape") == [["wide.png"]]
    assert names(found, "odd colour") == [["wide.png"]]
    assert found.has_problems


def test_what_to_do_without(sick):
    found = diagnose(open_source(sick))
    items = found.source.items
    left_out = {items[place].name.rpartition("/")[2] for place in found.left_out()}
    assert left_out - {"again.png", "0.png"} == {
        "cut.png",
        "2.png",
        "contradiction.png",
        "leak.png",
        "red.png",
    }
    assert len(left_out & {"again.png", "0.png"}) == 1


def test_the_same_as_json(sick):
    found = diagnose(open_source(sick))
    told = json.loads(json.dumps(found.to_dict()))
    assert told["pictures"] == len(found.source.items)
    assert [one["kind"] for one in told["findings"]] == [one.kind for one in found.findings]
    assert len(told["left_out"]) == len(found.left_out())


def test_healthy_pictures(tmp_path, photos):
    for place, photo in enumerate(photos):
        path = tmp_path / "ab"[place % 2] / f"{place}.png"
        path.parent.mkdir(exist_ok=True)
        photo.save(path)
    found = diagnose(open_source(tmp_path))
    assert found.findings == ()
    assert not found.has_problems
    assert found.left_out() == frozenset()


def test_sizes_and_classes_out_of_proportion(tmp_path, photos):
    for place, photo in enumerate(photos):
        path = tmp_path / "ab"[place < 3] / f"{place}.png"
        path.parent.mkdir(exist_ok=True)
        photo.resize((40, 40) if place == 5 else photo.size).save(path)
    found = diagnose(open_source(tmp_path))
    assert names(found, "odd size") == [["5.png"]]
    (uneven,) = [one for one in found.findings if one.kind == "class imbalance"]
    assert uneven.detail == ("9 pictures of 'a', 3 of 'b'",)
    assert not found.has_problems


def test_nothing_that_can_be_read_is_an_error(tmp_path):
    for label in "ab":
        (tmp_path / label).mkdir()
        (tmp_path / label / "x.png").write_bytes(b"text")
    with pytest.raises(DataError, match=r"a/x\.png"):
        diagnose(open_source(tmp_path))


def test_pictures_of_any_shape(tmp_path):
    rng = np.random.default_rng(0)
    for place, shape in enumerate([(1, 1), (1, 500), (500, 1), (2, 3), (40, 40)]):
        path = tmp_path / "ab"[place % 2] / f"{place}.png"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(rng.integers(0, 256, shape, np.uint8)).save(path)
    assert diagnose(open_source(tmp_path)).examination.readable.tolist() == [0, 1, 2, 3, 4]


def drawing(number, background, ink):
    """A random drawing: strokes in ink."""
    rng = np.random.default_rng(number)
    mask = Image.fromarray((rng.random((9, 9)) < 0.3).astype(np.uint8) * 255).resize((60, 60))
    return Image.composite(Image.new("RGB", (60, 60), ink), Image.new("RGB", (60, 60), background), mask)


def written(tmp_path, images):
    for label, made in images.items():
        (tmp_path / label).mkdir(parents=True)
        for number, image in enumerate(made):
            image.save(tmp_path / label / f"{number}.png")
    return open_source(tmp_path)


INKS = {"red": (200, 30, 30), "green": (30, 140, 30), "blue": (30, 30, 220)}


def test_classes_that_differ_by_colour_are_no_contradiction(tmp_path):
    drawn = {name: [drawing(n, "white", ink) for n in range(20)] for name, ink in INKS.items()}
    found = diagnose(written(tmp_path, drawn))
    assert found.findings == ()
    assert not found.left_out()


def test_classes_that_differ_by_brightness_are_no_contradiction(tmp_path):
    drawn = {"dark": (60, 20), "light": (200, 160)}
    images = {
        name: [drawing(n, (paper,) * 3, (ink,) * 3) for n in range(20)]
        for name, (paper, ink) in drawn.items()
    }
    assert diagnose(written(tmp_path, images)).findings == ()


def test_classes_that_are_mirrors_of_each_other_are_no_contradiction(tmp_path):
    right = [drawing(n, "white", "black") for n in range(20)]
    found = diagnose(written(tmp_path, {"right": right, "left": [ImageOps.mirror(image) for image in right]}))
    assert not any(one.is_problem for one in found.findings)
    assert not found.left_out()


def test_the_same_picture_under_two_labels_is_one(tmp_path):
    images = [drawing(n, "white", "black") for n in range(20)]
    found = diagnose(written(tmp_path, {"a": images, "b": images[:3]}))
    assert names(found, "two labels") == [[f"{n}.png", f"{n}.png"] for n in range(3)]


def test_a_list_that_would_lose_a_class_is_refused(tmp_path):
    images = [drawing(n, "white", "black") for n in range(5)]
    found = diagnose(written(tmp_path / "pets", {"a": images, "b": images}))
    with pytest.raises(DataError, match="no picture of a, b"):
        write_manifest(found, tmp_path / "good.csv")
    assert not (tmp_path / "good.csv").exists()


def test_what_cannot_be_seen_from_the_outside_is_remarked(tmp_path, photos):
    images = {"a": photos[:6], "b": photos[6:]}
    source = written(tmp_path, images)
    first = io.BytesIO()
    photos[0].save(first, "JPEG", quality=90)
    half = first.getvalue()[: len(first.getvalue()) // 2] + b"\xff\xd9"
    (tmp_path / "a" / "half.jpg").write_bytes(half)
    photos[1].rotate(90).save(tmp_path / "a" / "film.gif", save_all=True, append_images=photos[2:4])
    values = np.asarray(photos[2].rotate(90).convert("L")).astype(np.uint16) * 16
    Image.fromarray(values).save(tmp_path / "b" / "deep.tif")
    found = diagnose(open_source(tmp_path))
    assert len(found.source.items) == len(source.items) + 3
    assert names(found, "flat end") == [["half.jpg"]]
    assert names(found, "several frames") == [["film.gif"]]
    assert names(found, "guessed values") == [["deep.tif"]]
    (guess,) = next(one.detail for one in found.findings if one.kind == "guessed values")
    assert "12 bits" in guess
