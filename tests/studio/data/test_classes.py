"""Create, rename and remove the classes of a collection."""

import io

import numpy as np
import pytest
from PIL import Image

from convscope.errors import RequestError
from convscope.serving.uploads import Upload
from convscope.studio.data import collecting


def jpeg(grey):
    buffer = io.BytesIO()
    Image.fromarray(np.full((20, 20), grey, np.uint8)).save(buffer, "JPEG")
    return buffer.getvalue()


@pytest.fixture
def hands(tmp_path):
    folder = collecting.new_collection(tmp_path, "hands")
    for label, greys in (("open", (1, 90)), ("shut", (200,))):
        for grey in greys:
            collecting.add_picture(folder, label, Upload("x", jpeg(grey)))
    return folder


def test_a_renamed_class_keeps_its_pictures(hands):
    pictures = collecting.pictures_of(hands, "open")
    collecting.rename_class(hands, "open", "Hände")
    collecting.rename_class(hands, "Hände", "Hände")
    assert collecting.classes_of(hands) == {"Hände": 2, "shut": 1}
    assert collecting.pictures_of(hands, "Hände") == pictures


@pytest.mark.parametrize(
    ("label", "name", "status"),
    [
        ("open", "shut", 409),
        ("none", "new", 404),
        ("open", "../new", 422),
        ("..", "new", 422),
        ("open", "", 422),
    ],
)
def test_a_class_that_cannot_be_renamed_stays_as_it_is(hands, label, name, status):
    with pytest.raises(RequestError) as caught:
        collecting.rename_class(hands, label, name)
    assert caught.value.status == status
    assert collecting.classes_of(hands) == {"open": 2, "shut": 1}
    assert [entry.name for entry in hands.parent.iterdir()] == ["hands"]


@pytest.mark.parametrize("label", ["..", ".", "../hands", "", "none"])
def test_nothing_but_a_class_is_removed(hands, label):
    with pytest.raises(RequestError):
        collecting.remove_class(hands, label)
    assert collecting.classes_of(hands) == {"open": 2, "shut": 1}


@pytest.mark.parametrize("name", ["../shut", "x.png", "..", "notes.txt", "0" * 16, "\0"])
def test_nothing_but_a_picture_is_found(hands, name):
    (hands / "open" / "notes.txt").touch()
    assert len(collecting.pictures_of(hands, "open")) == 2
    with pytest.raises(RequestError, match="there is no picture"):
        collecting.picture_path(hands, "open", name)


def test_over_a_socket_classes_come_and_go(start_studio):
    studio = start_studio()
    address = f"/api/collections/{studio.post('/api/collections', {'name': 'hands'})['id']}"
    for label in ("open", "shut"):
        studio.post(f"{address}/classes/{label}", method="PUT")
    assert studio.get(address) == {"classes": {"open": 0, "shut": 0}}
    for grey in (1, 200):
        status, _, _ = studio.ask("POST", f"{address}/classes/open", jpeg(grey), content_type="image/jpeg")
        assert status == 200
    studio.post(f"{address}/classes/open/name", {"name": "wide open"})
    found = studio.get(f"{address}/classes/wide%20open?most=1")
    assert (found["count"], len(found["pictures"])) == (2, 1)
    picture = f"{address}/classes/wide%20open/pictures/{found['pictures'][0]}"
    status, headers, shown = studio.ask("GET", picture)
    assert (status, headers["content-type"]) == (200, "image/png")
    assert Image.open(io.BytesIO(shown)).size == (20, 20)
    studio.post(picture, method="DELETE")
    assert studio.ask("GET", picture)[0] == 404
    studio.post(f"{address}/classes/shut", method="DELETE")
    assert studio.get(address) == {"classes": {"wide open": 1}}
    digits = f"/api/collections/{studio.data('digits')}/classes/0"
    assert studio.ask("DELETE", digits)[0] == 422
    assert studio.ask("DELETE", f"{address}/classes/wide%20open", own=False)[0] == 403
    assert studio.get(address) == {"classes": {"wide open": 1}}
