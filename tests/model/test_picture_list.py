import csv
import io
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convscope.model.picture_list import Differences, differences, listing
from convscope.pictures.preparation import Preparation
from convscope.pictures.sources import open_source
from convscope.pictures.split import Split, split
from convscope.pictures.store import Catalogue
from convscope.pictures.store_building import build_store

pytestmark = pytest.mark.usefixtures("cache")


@pytest.fixture
def store_of():
    return lambda folder: build_store(open_source(folder), Preparation(1, 8, 8))


def listed(store):
    return b"".join(listing(store, split(store)))


def test_every_picture_is_listed_with_its_part(pets, store_of):
    store = store_of(pets)
    rows = list(csv.DictReader(io.StringIO(listed(store).decode())))
    assert [f"{pets}/{row['picture']}" for row in rows] == list(store.names)
    assert [row["class"] for row in rows] == ["bright"] * 10 + ["dark"] * 10
    assert [row["digest"] for row in rows] == [digest.tobytes().hex() for digest in store.digests]
    assert [index for index, row in enumerate(rows) if row["part"] == "test"] == split(store).test.tolist()


@given(st.sets(st.text("ab/.", min_size=1, max_size=6), min_size=2))
def test_pictures_of_different_names_are_listed_under_different_names(names):
    store = Catalogue(
        labels=np.zeros(len(names), np.int64),
        digests=np.zeros((len(names), 16), np.uint8),
        classes=("cat",),
        names=tuple(sorted(names)),
        parts=("train",) * len(names),
        broken=(),
        preparation=Preparation(1, 8, 8),
        notes=(),
    )
    none = np.zeros(0, np.int64)
    rows = csv.DictReader(io.StringIO(b"".join(listing(store, Split(none, none, none, ()))).decode()))
    assert len({row["picture"] for row in rows}) == len(names)


def test_the_same_pictures_do_not_differ(pets, store_of):
    result = differences(listed(store_of(pets)), store_of(pets))
    assert result == Differences((), (), (), ())
    assert not result


def test_the_list_is_the_same_wherever_the_pictures_lie(pets, store_of, tmp_path, monkeypatch):
    before = listed(store_of(pets))
    pets.rename(tmp_path / "moved")
    monkeypatch.chdir(tmp_path)
    assert listed(store_of("moved")) == before


def test_what_differs_is_named(pets, store_of, paint):
    before = listed(store_of(pets))
    paint(pets / "dark" / "new.png", 30, seed=500)
    (pets / "dark" / "3.png").unlink()
    paint(pets / "bright" / "4.png", 210, seed=501)
    result = differences(before, store_of(pets))
    assert result == Differences(
        added=("dark/new.png",), removed=("dark/3.png",), changed=("bright/4.png",), relabelled=()
    )
    assert result


def manifest(folder, rows):
    (folder / "pets.csv").write_text("path,label\n" + "".join(f"{path},{label}\n" for path, label in rows))
    return folder / "pets.csv"


def test_a_new_class_and_new_content_are_distinguished(pets, store_of):
    rows = [(f"{label}/{place}.png", label) for label in ("dark", "bright") for place in range(10)]
    before = listed(store_of(manifest(pets, rows)))
    rows[0] = rows[0][0], "bright"
    assert differences(before, store_of(manifest(pets, rows))).relabelled == ("dark/0.png",)


def test_a_picture_that_is_named_twice(pets, store_of):
    rows = [(f"{label}/{place}.png", label) for label in ("dark", "bright") for place in range(10)]
    before = listed(store_of(manifest(pets, rows)))
    result = differences(before, store_of(manifest(pets, [*rows, rows[3]])))
    assert result == Differences(("dark/3.png",), (), (), ())


@pytest.mark.parametrize(
    "text", [b"", b"picture,class\n", b"picture,class,part,digest\na,b\n", b"\xff", b'"', b"a\0b"]
)
def test_what_is_no_list_is_refused(pets, store_of, text):
    store = replace(
        store_of(pets), names=("a",), labels=np.zeros(1, np.int64), digests=np.zeros((1, 16), np.uint8)
    )
    with pytest.raises(ValueError, match=r"."):
        differences(text, store)
