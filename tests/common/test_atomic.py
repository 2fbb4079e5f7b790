import itertools
import os
import stat
from contextlib import nullcontext
from pathlib import Path

import pytest

from convscope.common import atomic
from convscope.common.atomic import replacing
from convscope.errors import ConvscopeError


def test_readers_see_the_old_file_until_the_new_one_is_whole(tmp_path):
    path = tmp_path / "model"
    path.write_text("old")
    with replacing(path) as file:
        file.write(b"new")
        file.flush()
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def write_half(path, error):
    with replacing(path) as file:
        file.write(b"half")
        raise error


def write_to_a_full_disk(path):
    with replacing(path) as file:
        # /dev/full accepts any write and has no space for it
        os.dup2(os.open("/dev/full", os.O_WRONLY), file.fileno())
        file.write(b"more than fits")


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_what_was_there_stays_when_writing_fails(tmp_path, error):
    path = tmp_path / "model"
    path.write_text("old")
    with pytest.raises(error):
        write_half(path, error)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_is_an_error_for_people(tmp_path):
    with pytest.raises(ConvscopeError, match="No space left"):
        write_to_a_full_disk(tmp_path / "model")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("folder", ["missing", "file"])
def test_a_folder_that_is_none_is_an_error_for_people(tmp_path, folder):
    (tmp_path / "file").touch()
    path = tmp_path / folder / "model"
    with pytest.raises(ConvscopeError, match=f"cannot write {path}"), replacing(path):
        pass


def test_the_new_file_is_readable_for_those_who_may_read_new_files(tmp_path):
    ordinary, replaced = tmp_path / "ordinary", tmp_path / "replaced"
    ordinary.write_text("")
    with replacing(replaced):
        pass
    assert stat.S_IMODE(replaced.stat().st_mode) == stat.S_IMODE(ordinary.stat().st_mode)


class SharingViolationError(PermissionError):
    """Windows's error if a program has a file open or mapped."""

    winerror = 32


@pytest.mark.parametrize(("refusals", "replaced"), [(2, True), (99, False)])
def test_a_file_that_is_in_use_as_on_windows_is_waited_for(tmp_path, monkeypatch, refusals, replaced):
    path, tries, replace = tmp_path / "model", itertools.count(), Path.replace
    path.write_bytes(b"old")

    def refuse(self, target):
        if next(tries) < refusals:
            raise SharingViolationError(13, "Access is denied")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", refuse)
    monkeypatch.setattr(atomic, "_WAIT_SECONDS", 0)
    refused = pytest.raises(ConvscopeError, match="another program has it open")
    with nullcontext() if replaced else refused, replacing(path) as file:
        file.write(b"new")
    assert path.read_bytes() == (b"new" if replaced else b"old")
    assert list(tmp_path.iterdir()) == [path]
