import csv

import pytest

from convscope.errors import DataError, RequestError
from convscope.pictures.sources import open_source
from convscope.studio.mistakes.corrections import correct, corrections, manifest_path
from convscope.studio.studio_folder import StudioFolder
from convscope.studio.workspace import Workspace


@pytest.fixture
def workspace(tmp_path, pets):
    return Workspace(StudioFolder(tmp_path / "home"), data=[str(pets)])


def contents(folder):
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_a_corrected_list_is_a_source_of_its_own_and_the_folder_stays(workspace, pets):
    before, data = contents(pets), workspace.sources.all()[0]
    assert corrections(data, workspace) == []
    items = open_source(pets).items
    wrong = [place for place, item in enumerate(items) if item.name.endswith(("dark/0.png", "dark/1.png"))]
    for place in wrong:
        correct(data, place, "bright", workspace)
    assert [(one.place, one.label, one.corrected) for one in corrections(data, workspace)] == [
        (place, "dark", "bright") for place in wrong
    ]
    listed = open_source(manifest_path(data, workspace.folder))
    assert [item.label for item in listed.items] == [
        "bright" if place in wrong else item.label for place, item in enumerate(items)
    ]
    assert [listed.read(place) for place in wrong] == [open_source(pets).read(place) for place in wrong]
    assert "pets-corrected" in "".join(one.name for one in workspace.sources.all())
    assert contents(pets) == before


def test_a_correction_is_taken_back_by_the_old_label(workspace):
    data = workspace.sources.all()[0]
    correct(data, 3, "dark", workspace)
    correct(data, 3, open_source(data.location).items[3].label, workspace)
    assert corrections(data, workspace) == []


def test_corrections_follow_their_pictures_when_others_come(workspace, pets, paint):
    data = workspace.sources.all()[0]
    correct(data, 3, "dark", workspace)
    (before,) = corrections(data, workspace)
    paint(pets / "aaa first" / "new.png", 100)
    (after,) = corrections(data, workspace)
    assert (after.place, after.picture) == (before.place + 1, before.picture)


def test_a_picture_that_is_listed_twice_under_two_labels(tmp_path, paint):
    paint(tmp_path / "a.png", 20)
    (tmp_path / "list.csv").write_text("path,label\na.png,dark\na.png,bright\na.png,dark\n")
    workspace = Workspace(StudioFolder(tmp_path / "home"), data=[str(tmp_path / "list.csv")])
    data = workspace.sources.all()[0]
    correct(data, 2, "bright", workspace)
    assert [(one.place, one.corrected) for one in corrections(data, workspace)] == [(2, "bright")]
    with manifest_path(data, workspace.folder).open(newline="") as file:
        assert [row["label"] for row in csv.DictReader(file)] == ["dark", "bright", "bright"]


def test_what_cannot_be_corrected(workspace):
    data, digits = workspace.sources.all()[0], workspace.sources.at("digits")
    with pytest.raises(RequestError, match="no picture 99"):
        correct(data, 99, "dark", workspace)
    with pytest.raises(RequestError, match="no class"):
        correct(data, 0, "../purple", workspace)
    with pytest.raises(DataError, match="not files of their own"):
        correct(digits, 0, "3", workspace)
    assert list(workspace.folder.data.iterdir()) == []
    assert corrections(digits, workspace) == []
