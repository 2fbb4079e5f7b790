"""The live prediction, with the mean colour instead of a backbone's features."""

import io
import time
from collections import Counter

import numpy as np
import pytest
from PIL import Image

from convscope.errors import PictureError
from convscope.pictures.reading import read_picture
from convscope.serving.uploads import Upload
from convscope.studio.data import collecting
from convscope.studio.record import live
from convscope.studio.record.live import LiveHead

RED, BLUE = (200, 20, 20), (20, 20, 200)


def png(colour, seed=0):
    noise = np.random.default_rng(seed).integers(0, 20, (8, 8, 3))
    buffer = io.BytesIO()
    Image.fromarray((np.array(colour) + noise).astype(np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


class MeanColour:
    def __init__(self):
        self.computed = Counter()

    def features(self, picture, name):
        pixels = read_picture(picture, name)
        self.computed[pixels.tobytes()] += 1
        return np.repeat(pixels.mean(axis=(0, 1)), 200).astype(np.float32)


@pytest.fixture
def backbone():
    return MeanColour()


@pytest.fixture
def collection(tmp_path):
    return collecting.new_collection(tmp_path, "things")


def record(collection, label, colour, *seeds):
    for seed in seeds:
        collecting.add_picture(collection, label, Upload("x", png(colour, seed)))


def settled(head, picture):
    """The prediction after refitting is finished."""
    until = time.monotonic() + 60
    while (found := head.answer(picture)).waiting and time.monotonic() < until:
        time.sleep(0.01)
    return found


def test_an_answer_comes_once_two_classes_have_two_pictures(collection, backbone):
    head = LiveHead(collection, backbone)
    record(collection, "red", RED, 1, 2)
    record(collection, "blue", BLUE, 3)
    assert settled(head, png(RED, 9)).probabilities is None
    record(collection, "blue", BLUE, 4)
    found = settled(head, png(RED, 9))
    assert (found.learned, found.waiting) == (4, 0)
    assert found.probabilities["red"] > 0.9
    assert settled(head, png(BLUE, 9)).probabilities["blue"] > 0.9
    assert set(backbone.computed.values()) == {1}


def test_something_else_is_unknown_and_the_nearest_recordings_say_why(collection, backbone):
    head = LiveHead(collection, backbone)
    record(collection, "red", RED, *range(9))
    record(collection, "blue", BLUE, *range(20, 29))
    few = settled(head, png(RED, 99))
    assert (few.learned, few.unknown, few.similar) == (18, False, [])
    record(collection, "red", RED, *range(9, 12))
    record(collection, "blue", BLUE, *range(29, 32))
    known, green = settled(head, png(RED, 99)), head.answer(png((20, 200, 20), 99))
    assert not known.unknown
    assert {one.label for one in known.similar} == {"red"}
    assert all((collection / one.label / one.picture).is_file() for one in known.similar)
    assert green.unknown
    assert green.similar[0].similarity < known.similar[0].similarity
    assert known.similar[0].similarity == pytest.approx(1, abs=0.01)


def test_a_class_is_renamed_without_computing_features_again(collection, backbone):
    head = LiveHead(collection, backbone)
    record(collection, "red", RED, 1, 2)
    record(collection, "blue", BLUE, 3, 4)
    assert settled(head, png(RED, 9)).probabilities.keys() == {"red", "blue"}
    before = backbone.computed.copy()
    collecting.rename_class(collection, "red", "rot")
    assert settled(head, png(RED, 9)).probabilities["rot"] > 0.9
    assert backbone.computed == before


def test_what_is_removed_is_forgotten(collection, backbone):
    head = LiveHead(collection, backbone)
    for label, colour in (("red", RED), ("blue", BLUE), ("grey", (90, 90, 90))):
        record(collection, label, colour, 1, 2)
    assert len(settled(head, png(RED, 9)).probabilities) == 3
    collecting.remove_class(collection, "grey")
    assert settled(head, png(RED, 9)).probabilities.keys() == {"red", "blue"}
    collecting.remove_class(collection, "red")
    assert settled(head, png(RED, 9)).probabilities is None


def test_damaged_pictures_and_other_files_are_left_out(collection, backbone):
    record(collection, "red", RED, 1, 2)
    record(collection, "blue", BLUE, 3, 4, 5)
    next((collection / "blue").iterdir()).write_bytes(b"no picture")
    (collection / "red" / "notes.txt").write_text("hello")
    (collection / "read me").write_text("hello")
    found = settled(LiveHead(collection, backbone), png(RED, 9))
    assert (found.learned, found.waiting) == (4, 0)
    with pytest.raises(PictureError):
        LiveHead(collection, backbone).answer(b"no picture")


def test_of_too_many_pictures_each_class_has_its_share(collection, backbone, monkeypatch):
    monkeypatch.setattr(live, "MOST_PICTURES", 6)
    monkeypatch.setattr(live, "_AT_ONCE", 2)
    record(collection, "red", RED, *range(10))
    record(collection, "blue", BLUE, *range(20, 23))
    found = settled(LiveHead(collection, backbone), png(RED, 99))
    assert (found.learned, found.waiting) == (6, 0)
    assert found.probabilities.keys() == {"red", "blue"}
