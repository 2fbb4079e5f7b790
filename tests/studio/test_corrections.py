import csv

import pytest

from convscope.errors import DataError, RequestError
from convscope.pictures.sources import open_source
from convscope.studio.corrections import correct, corrections, manifest_of
from convscope.studio.home import Home
from convscope.studio.opened import Studio


@pytest.fixture
def studio(tmp_path, pets):
    return Studio(Home(tmp_path / "home"), data=[str(pets)])


def contents(folder):
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_a_corrected_list_is_a_source_of_its_own_and_the_folder_stays(studio, pets):
    before, data = contents(pets), studio.sources()[0]
    assert corrections(data, studio) == []
    items = open_source(pets).items
    wrong = [place for place, item in enumerate(items) if item.name.endswith(("dark/0.png", "dark/1.png"))]
    for place in wrong:
        correct(data, place, "bright", studio)
    assert [(one.place, one.label, one.corrected) for one in corrections(data, studio)] == [
        (place, "dark", "bright") for place in wrong
    ]
    listed = open_source(manifest_of(data, studio.home))
    assert [item.label for item in listed.items] == [
        "bright" if place in wrong else item.label for place, item in enumerate(items)
    ]
    assert [listed.read(place) for place in wrong] == [open_source(pets).read(place) for place in wrong]
    assert "pets-corrected" in "".join(one.name for one in studio.sources())
    assert contents(pets) == before


def test_a_correction_is_taken_back_by_the_old_label(studio):
    data = studio.sources()[0]
    correct(data, 3, "dark", studio)
    correct(data, 3, open_source(data.where).items[3].label, studio)
    assert corrections(data, studio) == []


def test_corrections_follow_their_pictures_when_others_come(studio, pets, paint):
    data = studio.sources()[0]
    correct(data, 3, "dark", studio)
    (before,) = corrections(data, studio)
    paint(pets / "aaa first" / "new.png", 100)
    (after,) = corrections(data, studio)
    assert (after.place, after.picture) == (before.place + 1, before.picture)


def test_a_picture_that_is_listed_twice_under_two_labels(tmp_path, paint):
    paint(tmp_path / "a.png", 20)
    (tmp_path / "list.csv").write_text("path,label\na.png,dark\na.png,bright\na.png,dark\n")
    studio = Studio(Home(tmp_path / "home"), data=[str(tmp_path / "list.csv")])
    data = studio.sources()[0]
    correct(data, 2, "bright", studio)
    assert [(one.place, one.corrected) for one in corrections(data, studio)] == [(2, "bright")]
    with manifest_of(data, studio.home).open(newline="") as file:
        assert [row["label"] for row in csv.DictReader(file)] == ["dark", "bright", "bright"]


def test_what_cannot_be_corrected(studio):
    data, digits = studio.sources()[0], studio.sources()[-1]
    with pytest.raises(RequestError, match="no picture 99"):
        correct(data, 99, "dark", studio)
    with pytest.raises(RequestError, match="no class"):
        correct(data, 0, "../purple", studio)
    with pytest.raises(DataError, match="no files"):
        correct(digits, 0, "3", studio)
    assert list(studio.home.data.iterdir()) == []
    assert corrections(digits, studio) == []
