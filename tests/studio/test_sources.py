import os
import time

import pytest

from convscope.studio import sources as sources_module
from convscope.studio.sources import Sources
from convscope.studio.studio_folder import StudioFolder


@pytest.fixture
def opened(monkeypatch):
    """Counts how often a source is opened."""
    count = []
    opening = sources_module.open_source
    monkeypatch.setattr(sources_module, "open_source", lambda where: count.append(where) or opening(where))
    return count


@pytest.fixture
def sources(tmp_path):
    return Sources(StudioFolder(tmp_path / "home"))


def test_a_source_is_opened_once_until_a_picture_comes_or_goes(sources, pets, paint, opened):
    first = sources.open_at(str(pets))
    assert sources.open_at(str(pets)) is first
    assert len(opened) == 1
    paint(pets / "dark" / "new.png", 30)
    more = sources.open_at(str(pets))
    assert len(more.source.items) == len(first.source.items) + 1
    assert more.fingerprint != first.fingerprint
    (pets / "dark" / "new.png").unlink()
    assert sources.open_at(str(pets)).fingerprint == first.fingerprint


def test_a_new_class_is_noticed(sources, pets, paint):
    before = sources.open_at(str(pets))
    paint(pets / "grey" / "0.png", 128)
    assert {item.label for item in sources.open_at(str(pets)).source.items} == {"bright", "dark", "grey"}
    assert sources.open_at(str(pets)).fingerprint != before.fingerprint


def test_an_overwritten_picture_is_noticed_after_a_while(sources, pets, monkeypatch):
    before = sources.open_at(str(pets))
    with (pets / "dark" / "0.png").open("ab") as file:
        file.write(b"more")
    assert sources.open_at(str(pets)) is before
    later = time.monotonic() + 60
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert sources.open_at(str(pets)).fingerprint != before.fingerprint


def test_a_rewritten_list_is_noticed(sources, tmp_path, paint):
    paint(tmp_path / "a.png", 20)
    listed = tmp_path / "list.csv"
    listed.write_text("path,label\na.png,dark\n")
    sources.open_at(str(listed))
    listed.write_text("path,label\na.png,grey\n")
    os.utime(listed, ns=(1, 1))  # even with an older time than before
    assert sources.open_at(str(listed)).source.items[0].label == "grey"


def test_the_built_in_pictures_are_opened_once(sources, opened):
    assert sources.open_at("digits") is sources.open_at("digits")
    assert opened == ["digits"]
