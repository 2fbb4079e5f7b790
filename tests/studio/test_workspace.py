"""Which models and pictures are open, and which of them belong together."""

import json
import shutil
from dataclasses import replace

import pytest

from convscope.model.file import save
from convscope.studio.studio_folder import StudioFolder
from convscope.studio.workspace import Workspace


@pytest.fixture
def folder(tmp_path):
    return StudioFolder(tmp_path / "home")


def test_the_first_pictures_are_opened_before_anybody_asks(folder, pets, monkeypatch):
    (folder.data / "pets").symlink_to(pets)
    workspace = Workspace(folder)
    workspace.sources.open_first()
    monkeypatch.setattr("convscope.studio.sources.open_source", None)  # nothing is opened any more
    assert len(workspace.sources.open(workspace.sources.all()[0].id).source.items) == 20


def test_first_pictures_that_cannot_be_opened_are_reported_when_somebody_asks(folder):
    workspace = Workspace(folder)
    (folder.data / "empty").mkdir()
    workspace.sources.open_first()
    assert [data.name for data in workspace.sources.all()] == ["empty", "digits", "shapes"]


@pytest.mark.parametrize("written", ["{pets}", "{pets}/../{name}", "{link}"])
def test_training_pictures_are_recognised_however_their_path_is_written(
    folder, brightness, pets, tmp_path, written
):
    link = tmp_path / "link"
    link.symlink_to(pets)
    location = written.format(pets=pets, name=pets.name, link=link)
    save(brightness, tmp_path / "tone.safetensors")
    (tmp_path / "metrics.json").write_text(json.dumps({"data": location, "classes": []}))
    workspace = Workspace(folder, [str(tmp_path / "tone.safetensors")], [str(pets)])
    data = workspace.training_data(workspace.models.all()[0].id)
    assert data is not None
    assert data.location == str(pets)


def test_a_model_alone_is_trained_on_the_pictures_that_its_receipt_names(folder, brightness, pets, tmp_path):
    save(replace(brightness, receipt={"data": pets.name}), tmp_path / "tone.safetensors")
    other = shutil.copytree(pets, pets.parent / "other" / pets.name)
    for sources, found in (([pets], str(pets)), ([pets, other], None)):
        workspace = Workspace(folder, [str(tmp_path / "tone.safetensors")], [*map(str, sources)])
        data = workspace.training_data(workspace.models.all()[0].id)
        assert (data and data.location) == found


def test_a_model_without_a_receipt_was_trained_on_nothing_known(folder, brightness, pets, tmp_path):
    save(brightness, tmp_path / "tone.safetensors")
    workspace = Workspace(folder, [str(tmp_path / "tone.safetensors")], [str(pets)])
    assert workspace.training_data(workspace.models.all()[0].id) is None
