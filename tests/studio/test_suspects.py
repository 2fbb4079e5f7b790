import json

import numpy as np
import pytest

from convscope.doctor.diagnosis import diagnose, with_label_suspects
from convscope.pictures.sources import open_source
from convscope.studio.home import Home
from convscope.studio.opened import Studio
from convscope.studio.suspects import Search


@pytest.fixture
def found(tmp_path, pets):
    """The doctor's report on pets, by models that know the two bright pictures among the dark ones."""
    studio = Studio(Home(tmp_path / "home"), data=[str(pets)])
    source = open_source(pets)
    bright = [
        item.label == "bright" or item.name.endswith(("dark/0.png", "dark/1.png")) for item in source.items
    ]
    shares = np.where(np.array(bright)[:, np.newaxis], [0.97, 0.03], [0.1, 0.9]).astype(np.float32)
    report = with_label_suspects(diagnose(source), ("bright", "dark"), shares)
    return studio, source, json.dumps(report.to_dict())


def keep(studio, printed):
    """Lay the report where the doctor's process would have left it."""
    search, data = Search(studio), studio.sources()[0]
    name = f"suspects-{data.id}-{open_source(data.where).fingerprint()}"
    (studio.home.errands / f"{name}.json").write_text(printed)
    return search.look(data)


def test_suspects_are_read_from_what_the_doctor_prints(found):
    studio, source, printed = found
    told = keep(studio, printed)
    assert told.state == "done"
    assert [(source.items[one.place].name, one.label, one.rather) for one in told.suspects] == [
        (one.picture, "dark", "bright") for one in told.suspects
    ]
    assert {one.picture[-10:] for one in told.suspects} == {"dark/0.png", "dark/1.png"}
    assert {one.probability for one in told.suspects} == {0.97}


def test_pictures_that_changed_are_others(found, pets, paint):
    studio, _, printed = found
    assert keep(studio, printed).suspects
    paint(pets / "dark" / "new.png", 30)
    assert Search(studio).look(studio.sources()[0]).state == "not begun"


def test_nothing_found(found):
    studio, source, _ = found
    assert keep(studio, json.dumps(diagnose(source).to_dict())).suspects == []
