import os

import pytest

from convscope.errors import DataError
from convscope.pictures.sources import open_source


@pytest.mark.parametrize("given_as", [str, lambda path: path])
def test_a_path_may_be_text(tmp_path, class_folders, given_as):
    assert len(open_source(given_as(class_folders(tmp_path, a=1, b=1))).items) == 2


def test_a_folder_called_digits_comes_before_the_built_in_ones(tmp_path, class_folders, monkeypatch):
    class_folders(tmp_path / "digits", a=1, b=1)
    monkeypatch.chdir(tmp_path)
    assert len(open_source("digits").items) == 2


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("missing", "No such file"),
        ("missing.zip", "No such file"),
        ("null\0", "null"),
        ("n" * 5000, "File name too long"),
        ("notes.txt", "not a source of pictures"),
        ("loop", "symbolic links"),
        ("empty", "it is empty"),
        ("pipe", "not a source of pictures"),
    ],
)
def test_what_is_no_source_says_why(tmp_path, monkeypatch, data, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notes.txt").touch()
    (tmp_path / "empty").mkdir()
    (tmp_path / "loop").symlink_to("loop")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DataError, match=message) as caught:
        open_source(data)
    assert len(str(caught.value).splitlines()) <= 4


@pytest.mark.parametrize("name", ["pipe.zip", "pipe.tar", "pipe.csv", "pipe.parquet", "x-images-idx3-ubyte"])
def test_a_pipe_is_never_waited_for(tmp_path, name):
    os.mkfifo(tmp_path / name)
    with pytest.raises(DataError):
        open_source(tmp_path / name)
