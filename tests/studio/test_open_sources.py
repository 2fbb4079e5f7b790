import os
import time

import pytest

from convscope.studio import open_sources
from convscope.studio.open_sources import OpenSources


@pytest.fixture
def opened(monkeypatch):
    """Counts how often a source is opened."""
    count = []
    opening = open_sources.open_source
    monkeypatch.setattr(open_sources, "open_source", lambda where: count.append(where) or opening(where))
    return count


def test_a_source_is_opened_once_until_a_picture_comes_or_goes(pets, paint, opened):
    sources = OpenSources()
    first = sources.of(str(pets))
    assert sources.of(str(pets)) is first
    assert len(opened) == 1
    paint(pets / "dark" / "new.png", 30)
    more = sources.of(str(pets))
    assert len(more.source.items) == len(first.source.items) + 1
    assert more.fingerprint != first.fingerprint
    (pets / "dark" / "new.png").unlink()
    assert sources.of(str(pets)).fingerprint == first.fingerprint


def test_a_new_class_is_seen(pets, paint):
    sources = OpenSources()
    before = sources.of(str(pets))
    paint(pets / "grey" / "0.png", 128)
    assert {item.label for item in sources.of(str(pets)).source.items} == {"bright", "dark", "grey"}
    assert sources.of(str(pets)).fingerprint != before.fingerprint


def test_a_picture_that_was_written_over_is_seen_a_moment_later(pets, monkeypatch):
    sources = OpenSources()
    before = sources.of(str(pets))
    with (pets / "dark" / "0.png").open("ab") as file:
        file.write(b"more")
    assert sources.of(str(pets)) is before
    later = time.monotonic() + 60
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert sources.of(str(pets)).fingerprint != before.fingerprint


def test_a_list_that_was_written_anew_is_seen(tmp_path, paint):
    paint(tmp_path / "a.png", 20)
    listed = tmp_path / "list.csv"
    listed.write_text("path,label\na.png,dark\n")
    sources = OpenSources()
    sources.of(str(listed))
    listed.write_text("path,label\na.png,grey\n")
    os.utime(listed, ns=(1, 1))  # even with an older time than before
    assert sources.of(str(listed)).source.items[0].label == "grey"


def test_what_is_built_in_is_opened_once(opened):
    sources = OpenSources()
    assert sources.of("digits") is sources.of("digits")
    assert opened == ["digits"]
