import os

import pytest

from convscope.errors import DataError
from convscope.pictures.listing import pictures_below
from convscope.pictures.sources import open_source
from convscope.pictures.sources.left_out import LeftOut


def test_pictures_classes_and_bytes(tmp_path, class_folders):
    source = open_source(class_folders(tmp_path / "pets", cats=12, dogs=3))
    assert source.name == "pets"
    assert [item.label for item in source.items] == ["cats"] * 12 + ["dogs"] * 3
    assert source.items[2].name == str(tmp_path / "pets" / "cats" / "2.png")
    assert source.items[10].name.endswith("cats/10.png")
    assert source.read(2) == (tmp_path / "pets" / "cats" / "2.png").read_bytes()


def test_the_order_is_the_same_every_time(tmp_path, class_folders):
    class_folders(tmp_path, train__cats=5, test__cats=5, train__dogs=5)
    assert open_source(tmp_path).items == open_source(tmp_path).items


@pytest.mark.parametrize("name", ["with space", "two\nlines", "日本語", os.fsdecode(b"caf\xe9"), "-rf", "*?"])
def test_folders_and_files_may_be_called_anything(tmp_path, class_folders, encode, name):
    class_folders(tmp_path / name, plain=1)
    (tmp_path / name / name).mkdir()
    (tmp_path / name / name / f"{name}.png").write_bytes(encode(9))
    source = open_source(tmp_path / name)
    assert sorted(source.read(index) for index in range(2)) == sorted([encode(0), encode(9)])
    for item in source.items:
        assert f"{item.name}{item.label}{source.name}".isprintable()
        assert f"{item.name}{item.label}{source.name}".encode()


def test_links_to_files_and_folders_are_followed(tmp_path, class_folders):
    elsewhere = class_folders(tmp_path / "elsewhere", cats=2, dogs=2)
    (tmp_path / "pets" / "dogs").mkdir(parents=True)
    (tmp_path / "pets" / "cats").symlink_to(elsewhere / "cats")
    (tmp_path / "pets" / "dogs" / "1.png").symlink_to(elsewhere / "dogs" / "1.png")
    source = open_source(tmp_path / "pets")
    assert [item.label for item in source.items] == ["cats", "cats", "dogs"]
    assert source.read(2) == (elsewhere / "dogs" / "1.png").read_bytes()


@pytest.mark.parametrize("target", ["..", ".", "again", "../.."])
def test_a_loop_of_links_is_left_out_and_counted_by_training_and_prediction(tmp_path, class_folders, target):
    pets = class_folders(tmp_path / "around" / "pets", cats=1, dogs=1)
    (pets / "cats" / "again").symlink_to(target)
    source = open_source(pets)
    assert [item.label for item in source.items] == ["cats", "dogs"]
    left_out = LeftOut()
    assert len(list(pictures_below(str(pets), left_out))) == 2
    for notes in (source.notes, left_out.notes()):
        assert any("1 link, leading round in a circle" in note for note in notes), notes


def test_two_links_to_one_folder_are_no_loop(tmp_path, class_folders):
    pets = class_folders(tmp_path / "pets", cats=1)
    (pets / "dogs").symlink_to(pets / "cats")
    assert [item.label for item in open_source(pets).items] == ["cats", "dogs"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may list everything")
def test_a_folder_that_may_not_be_listed_is_named(tmp_path, class_folders):
    pets = class_folders(tmp_path / "pets", cats=1, dogs=1)
    (pets / "dogs").chmod(0)
    try:
        with pytest.raises(DataError, match="dogs"):
            open_source(pets)
    finally:
        (pets / "dogs").chmod(0o700)


@pytest.mark.parametrize("change", ["content", "time", "name", "added", "removed"])
def test_the_fingerprint_sees_every_change(tmp_path, class_folders, encode, change):
    pets = class_folders(tmp_path / "pets", cats=3, dogs=2)
    before = open_source(pets).fingerprint()
    assert open_source(pets).fingerprint() == before
    first = pets / "cats" / "0.png"
    match change:
        case "content":
            first.write_bytes(encode(50)[::-1])
        case "time":
            os.utime(first, ns=(0, 0))
        case "name":
            first.rename(first.with_name("9.png"))
        case "added":
            (pets / "dogs" / "9.png").write_bytes(encode(60))
        case _:
            first.unlink()
    assert open_source(pets).fingerprint() != before
