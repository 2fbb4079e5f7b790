import pytest

from convscope.errors import DataError
from convscope.pictures.preparation import Preparation
from convscope.pictures.sources import located, open_source
from convscope.pictures.split import split
from convscope.pictures.store_building import build_store


@pytest.fixture
def tables(tmp_path, class_folders):
    class_folders(tmp_path, cats=6, dogs=6)
    for name, numbers in (("a.csv", range(4)), ("b.csv", range(4, 6))):
        rows = [f"{label}/{number}.png,{label}" for label in ("cats", "dogs") for number in numbers]
        (tmp_path / name).write_text("path,label\n" + "\n".join(rows) + "\n")
    return tmp_path


def test_two_tables_are_training_and_test_pictures(tables):
    source = open_source(f"train={tables / 'a.csv'},test={tables / 'b.csv'}")
    assert [item.part for item in source.items] == ["train"] * 8 + ["test"] * 4
    assert source.notes[0] == "pictures by part: train 8, test 4"
    assert source.read(9) == (tables / "cats" / "5.png").read_bytes()
    assert [(index, load()) for index, load in source.iterate([0, 8, 11])] == [
        (index, source.read(index)) for index in (0, 8, 11)
    ]


def test_they_are_learned_from_as_parts(tables):
    store = build_store(
        open_source(f"train={tables / 'a.csv'},test={tables / 'b.csv'}"), Preparation(3, 4, 4), folder=tables
    )
    assert split(store).test.tolist() == [8, 9, 10, 11]


def test_parts_of_any_kind_are_found_again_from_elsewhere(tables, class_folders, monkeypatch):
    class_folders(tables / "more", cats=1, dogs=1)
    monkeypatch.chdir(tables)
    text = located("train=a.csv,validation=more")
    assert text == f"train={tables / 'a.csv'},validation={tables / 'more'}"
    assert [item.part for item in open_source(text).items[-2:]] == ["validation"] * 2


def test_the_fingerprint_sees_parts_and_sources(tables):
    names = ("train=a.csv,test=b.csv", "train=b.csv,test=a.csv", "train=a.csv,validation=b.csv")
    texts = [name.replace("=", f"={tables}/") for name in names]
    assert len({open_source(text).fingerprint() for text in texts}) == 3


def test_a_part_that_is_missing_is_named(tables):
    with pytest.raises(DataError, match=r"nothing\.csv"):
        open_source(f"train={tables / 'a.csv'},test={tables / 'nothing.csv'}")
