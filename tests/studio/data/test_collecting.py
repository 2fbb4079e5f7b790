"""Pictures that are uploaded to the studio."""

import io
import json
import struct
import zipfile
import zlib

import numpy as np
import pytest
from PIL import Image

from convscope.errors import DataError, PictureError, RequestError
from convscope.pictures.sources import open_source
from convscope.serving.uploads import Upload
from convscope.studio.data import collecting
from convscope.studio.studio_folder import StudioFolder, checked_name


def png(grey=0, side=12):
    buffer = io.BytesIO()
    Image.fromarray(np.full((side, side), grey, np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


def archive(*members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in members:
            file.writestr(name, data)
    buffer.seek(0)
    return buffer


PETS = [(f"{label}/{place}.png", png(place)) for label in ("cat", "dog") for place in range(3)]


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../a", "a/b", "a\\b", "<b>", "a\0", "a\nb", ".git", "x" * 61, "-o"]
)
def test_no_name_leads_out_of_the_folder(name):
    with pytest.raises(RequestError, match="is not allowed as a name"):
        checked_name(name)


def test_a_collection_is_an_ordinary_source(tmp_path):
    folder = collecting.new_collection(tmp_path, "Hände")
    for label, grey in (("offen", 1), ("zu", 2), ("zu", 3), ("zu", 3)):
        collecting.add_picture(folder, label, Upload("../../x.exe", png(grey)))
    source = open_source(folder)
    assert sorted(item.label for item in source.items) == ["offen", "zu", "zu"]
    assert all(path.suffix == ".png" for path in folder.rglob("*.*"))
    assert collecting.new_collection(tmp_path, "Hände").name == "Hände-2"


def test_what_is_no_picture_or_too_large_is_not_kept(tmp_path):
    folder = collecting.new_collection(tmp_path, "pets")
    head = struct.pack(">IIBBBBB", 10_000, 10_000, 1, 0, 0, 0, 0)
    chunk = struct.pack(">I", 13) + b"IHDR" + head + struct.pack(">I", zlib.crc32(b"IHDR" + head))
    for data in (b"<svg onload=alert(1)>", b"\x89PNG\r\n\x1a\n" + chunk + png()[33:]):
        with pytest.raises(PictureError):
            collecting.add_picture(folder, "cat", Upload("cat.png", data))
    assert list(folder.iterdir()) == []


def test_an_archive_stays_packed(tmp_path):
    path = collecting.keep_archive(tmp_path, "pets.zip", archive(*PETS))
    assert [entry.name for entry in tmp_path.iterdir()] == ["pets.zip"]
    assert len(open_source(path).items) == 6
    assert collecting.keep_archive(tmp_path, "pets.zip", archive(*PETS)).name == "pets-2.zip"


@pytest.mark.parametrize(
    "name", ["../../cat/0.png", "/etc/cat/0.png", "cat\\..\\..\\0.png", "C:\\cat\\0.png"]
)
def test_an_archive_that_leads_out_of_itself_is_refused(tmp_path, name):
    with pytest.raises(DataError, match=r"the archive pets\.zip is refused"):
        collecting.keep_archive(tmp_path, "pets.zip", archive(*PETS, (name, png())))
    assert list(tmp_path.iterdir()) == []


def test_an_archive_that_unpacks_to_too_much_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(collecting, "MOST_UNPACKED_BYTES", 10**6)
    bomb = archive(*PETS, ("cat/bomb.png", bytes(2 * 10**6)))
    assert len(bomb.getvalue()) < 10_000
    with pytest.raises(RequestError, match="too large"):
        collecting.keep_archive(tmp_path, "pets", bomb)
    monkeypatch.setattr(collecting, "MOST_FILES", 5)
    with pytest.raises(RequestError, match="too large"):
        collecting.keep_archive(tmp_path, "pets", archive(*PETS))
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_archive_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"pets\.zip"):
        collecting.keep_archive(tmp_path, "pets", io.BytesIO(b"PK nothing"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_over_a_socket_a_collection_grows_class_by_class(start_studio):
    studio = start_studio()
    made = studio.post("/api/collections", {"name": "hands"})
    address = f"/api/collections/{made['id']}"
    assert studio.get(address) == {"classes": {}}
    for label in ("open", "shut%20tight"):
        for grey in (1, 200):
            path = f"/api/collections/{made['id']}/classes/{label}"
            status, _, answer = studio.ask("POST", path, png(grey), content_type="image/png")
            assert (status, json.loads(answer)["added"]) == (200, 1)
    assert studio.get(address) == {"classes": {"open": 2, "shut tight": 2}}
    facts = studio.get(f"/api/data/{made['id']}")
    assert [(one["name"], one["pictures"]) for one in facts["classes"]] == [("open", 2), ("shut tight", 2)]
    assert studio.ask("GET", f"/api/data/{made['id']}/pictures/3")[1]["content-type"] == "image/png"
    assert studio.ask("GET", f"/api/data/{made['id']}/pictures/4")[0] == 404
    for label in ("..%2f..", "%3cb%3e", "%00"):
        path = f"/api/collections/{made['id']}/classes/{label}"
        assert studio.ask("POST", path, png(), content_type="image/png")[0] in {404, 422}
    digits = studio.data("digits")
    assert studio.ask("GET", f"/api/collections/{digits}")[0] == 422
    assert (
        studio.ask("POST", f"/api/collections/{digits}/classes/a", png(), content_type="image/png")[0] == 422
    )
    status, _, answer = studio.ask(
        "POST", f"/api/collections/{made['id']}/classes/open", b"no picture", content_type="image/png"
    )
    assert (status, json.loads(answer)["added"]) == (200, 0)
    assert "cannot read" in json.loads(answer)["problems"][0]["detail"]

    sent = archive(*PETS).getvalue()
    status, _, answer = studio.ask(
        "POST", "/api/archives?name=pets.zip", sent, content_type="application/zip"
    )
    assert (status, json.loads(answer)["origin"]) == (200, "sent")
    evil = archive(*PETS, ("../x/0.png", png())).getvalue()
    assert studio.ask("POST", "/api/archives?name=pets.zip", evil)[0] == 422
    assert studio.ask("POST", "/api/archives?name=../pets.zip", sent)[0] == 422
    assert sorted(path.name for path in (studio.home / "data").iterdir()) == ["hands", "pets.zip"]


def test_a_folder_that_cannot_be_created_is_reported(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(Exception, match="cannot create the studio's folder"):
        StudioFolder(tmp_path / "file")
