import json

import numpy as np
import pytest

from convscope.doctor import findings
from convscope.doctor.diagnosis import diagnose, with_label_suspects
from convscope.pictures.sources import open_source
from convscope.studio.mistakes.suspects import LabelSearch
from convscope.studio.studio_folder import StudioFolder
from convscope.studio.workspace import Workspace


@pytest.fixture
def workspace(tmp_path, pets):
    return Workspace(StudioFolder(tmp_path / "home"), data=[str(pets)])


@pytest.fixture
def diagnosis(pets):
    """A diagnosis of pets, by models that detect the two bright pictures among the dark ones."""
    source = open_source(pets)
    bright = [
        item.label == "bright" or item.name.endswith(("dark/0.png", "dark/1.png")) for item in source.items
    ]
    probabilities = np.where(np.array(bright)[:, np.newaxis], [0.97, 0.03], [0.1, 0.9]).astype(np.float32)
    return with_label_suspects(diagnose(source), ("bright", "dark"), probabilities)


def job_folder(workspace):
    """The folder of the search, made as the job makes it."""
    data = workspace.sources.all()[0]
    folder = workspace.folder.jobs / f"suspects-{data.id}-{open_source(data.location).fingerprint()}"
    folder.mkdir(exist_ok=True)
    return folder


def keep(workspace, printed):
    """Put the report where the doctor's process writes it, and read the state."""
    (job_folder(workspace) / "output.json").write_text(printed)
    return LabelSearch(workspace).look(workspace.sources.all()[0])


def test_suspects_are_read_from_what_the_doctor_prints(workspace, diagnosis):
    found = keep(workspace, json.dumps(diagnosis.to_dict()))
    assert found.state == "done"
    assert [diagnosis.source.items[suspect.place].name for suspect in found.suspects] == [
        suspect.picture for suspect in found.suspects
    ]
    assert {suspect.picture[-10:] for suspect in found.suspects} == {"dark/0.png", "dark/1.png"}
    assert {(suspect.label, suspect.predicted) for suspect in found.suspects} == {("dark", "bright")}
    assert [suspect.probability for suspect in found.suspects] == pytest.approx([0.97, 0.97])


def test_rewording_the_doctors_texts_changes_nothing(workspace, diagnosis, monkeypatch):
    before = keep(workspace, json.dumps(diagnosis.to_dict())).suspects
    monkeypatch.setattr(findings.Doubt, "__str__", lambda doubt: f"probabilmente {doubt.predicted}")
    monkeypatch.setitem(findings.MEANINGS, "label suspect", "etichetta sospetta")
    assert keep(workspace, json.dumps(diagnosis.to_dict())).suspects == before


def test_pictures_that_changed_are_others(workspace, diagnosis, pets, paint):
    assert keep(workspace, json.dumps(diagnosis.to_dict())).suspects
    paint(pets / "dark" / "new.png", 30)
    assert LabelSearch(workspace).look(workspace.sources.all()[0]).state == "not started"


def test_nothing_found(workspace, diagnosis):
    assert keep(workspace, json.dumps(diagnose(diagnosis.source).to_dict())).suspects == []
