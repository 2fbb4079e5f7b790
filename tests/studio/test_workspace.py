"""Which models and pictures are open, and which of them belong together."""

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
    save(replace(brightness, receipt={"data": location}), tmp_path / "tone.safetensors")
    workspace = Workspace(folder, [str(tmp_path / "tone.safetensors")], [str(pets)])
    data = workspace.training_data(workspace.models.all()[0].id)
    assert data is not None
    assert data.location == str(pets)


def test_a_model_without_a_receipt_was_trained_on_nothing_known(folder, brightness, pets, tmp_path):
    save(brightness, tmp_path / "tone.safetensors")
    workspace = Workspace(folder, [str(tmp_path / "tone.safetensors")], [str(pets)])
    assert workspace.training_data(workspace.models.all()[0].id) is None
