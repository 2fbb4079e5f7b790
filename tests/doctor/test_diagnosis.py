import json
import shutil

import numpy as np
import pytest
from PIL import Image

from convscope.doctor.diagnosis import diagnose
from convscope.errors import DataError
from convscope.pictures.sources import open_source


@pytest.fixture
def sick(tmp_path, photos, copy):
    """Parts with one of everything; returns the folder."""
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
    assert diagnose(open_source(tmp_path)).seen.readable.tolist() == [0, 1, 2, 3, 4]
