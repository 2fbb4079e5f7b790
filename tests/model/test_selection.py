import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from convscope.errors import DataError
from convscope.model.export import held_out
from convscope.model.file import Model
from convscope.model.receipt import write_receipt
from convscope.model.selection import PartOrAll, Selection, select
from convscope.pictures.sources import open_source
from convscope.pictures.split import split
from convscope.pictures.store_building import build_store
from tars import tar_of

pytestmark = pytest.mark.usefixtures("cache")
Paint = Callable[..., Path]


def names(selection: Selection) -> set[str]:
    return {Path(selection.store.names[index]).name for index in selection.indices}


def test_classes_are_matched_by_name_not_by_place(brightness: Model, pets: Path) -> None:
    chosen = select(pets, brightness, "all")
    assert chosen.store.classes == ("bright", "dark")
    assert brightness.classes == ("dark", "bright")
    for index, label in zip(chosen.indices, chosen.labels, strict=True):
        assert brightness.classes[label] in chosen.store.names[index]


def test_without_test_pictures_those_of_training_are_taken(brightness: Model, pets: Path) -> None:
    chosen = select(pets, brightness)
    np.testing.assert_array_equal(chosen.indices, split(chosen.store).test)
    assert chosen.notes == ("pets has no test part: evaluated on the 4 pictures that training sets aside",)


def test_the_parts_of_the_source_are_taken_as_they_are(
    brightness: Model, paint: Paint, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    for part, place in (("train", 1), ("train", 2), ("val", 3), ("test", 4)):
        paint(data / part / "dark" / f"d{place}.png", 10, place)
        paint(data / part / "bright" / f"b{place}.png", 220, 10 + place)
    assert names(select(data, brightness)) == {"d4.png", "b4.png"}
    assert names(select(data, brightness, "validation")) == {"d3.png", "b3.png"}
    assert names(select(data, brightness, "train")) == {"d1.png", "d2.png", "b1.png", "b2.png"}
    assert len(select(data, brightness, "all").indices) == 8
    assert select(data, brightness).notes == ("pictures by part: test 2, train 4, val 2 as validation",)


def test_a_test_part_alone_is_enough(brightness: Model, paint: Paint, tmp_path: Path) -> None:
    paint(tmp_path / "data" / "test" / "dark" / "d.png", 10)
    assert names(select(tmp_path / "data", brightness)) == {"d.png"}


def test_one_class_alone_can_be_judged_by_all_pictures(
    brightness: Model, paint: Paint, tmp_path: Path
) -> None:
    paint(tmp_path / "data" / "bright" / "b.png", 220)
    assert select(tmp_path / "data", brightness, "all").labels.tolist() == [1]
    with pytest.raises(DataError, match="part all"):
        select(tmp_path / "data", brightness)


def test_a_class_the_model_does_not_know_is_named(brightness: Model, paint: Paint, pets: Path) -> None:
    paint(pets / "purple" / "p.png", 100)
    with pytest.raises(DataError, match="does not know the class 'purple'"):
        select(pets, brightness, "all")


def test_a_part_without_pictures(brightness: Model, paint: Paint, tmp_path: Path) -> None:
    for part in ("train", "val"):
        paint(tmp_path / "data" / part / "dark" / "d.png", 10, len(part))
        paint(tmp_path / "data" / part / "bright" / "b.png", 220, 10 + len(part))
    with pytest.raises(DataError, match="no test pictures"):
        select(tmp_path / "data", brightness)


def test_broken_pictures_are_left_out_and_named(brightness: Model, pets: Path) -> None:
    (pets / "dark" / "broken.png").write_bytes(b"")
    chosen = select(pets, brightness, "all")
    assert len(chosen.indices) == 20
    assert any("broken.png" in note for note in chosen.notes)


def test_progress_is_reported(brightness: Model, pets: Path) -> None:
    reports: list[tuple[int, int]] = []
    select(pets, brightness, "all", progress=lambda done, total: reports.append((done, total)))
    assert reports[-1] == (20, 20)


def test_places_are_found_by_another_path_too(
    brightness: Model, pets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (pets / "bright" / "3.png").write_bytes(b"")
    before = select(pets, brightness, "all")
    monkeypatch.chdir(pets.parent)
    for path in ("pets", "./pets/../pets"):
        chosen = select(path, brightness, "all")
        assert chosen.positions.tolist() == before.positions.tolist()
        assert len([*held_out(brightness, path)[0]]) == 4


def test_places_are_those_in_the_source(brightness: Model, pets: Path) -> None:
    (pets / "bright" / "3.png").write_bytes(b"")
    chosen = select(pets, brightness, "all")
    items = open_source(pets).items
    assert [items[place].name for place in chosen.positions] == [
        chosen.store.names[n] for n in chosen.indices
    ]
    assert len(chosen.positions) == 19


@pytest.fixture
def shards(paint: Paint, tmp_path: Path) -> Callable[..., Path]:
    """Writes shards of ten pictures each, alternately dark and bright, with these names."""

    def write(*files: str) -> Path:
        folder = tmp_path / "shards"
        folder.mkdir()
        for shard, file in enumerate(files):
            members = {}
            for number in range(10 * shard, 10 * shard + 10):
                picture = paint(tmp_path / "picture.png", 20 + 200 * (number % 2), number)
                members[f"{number}.png"] = picture.read_bytes()
                members[f"{number}.cls"] = (b"dark", b"bright")[number % 2]
            (folder / file).write_bytes(tar_of(members))
        return folder

    return write


@pytest.mark.parametrize("part", ["train", "test", "all"])
@pytest.mark.parametrize("files", [("train-0.tar", "train-1.tar", "test-0.tar"), ("0.tar", "1.tar", "2.tar")])
def test_of_shards_only_those_are_kept_that_are_judged(
    brightness: Model, shards: Callable[..., Path], files: tuple[str, ...], part: PartOrAll
) -> None:
    folder = shards(*files)
    alone = select(folder, brightness, part)
    assert len(alone.store.pictures) == len(alone.indices)
    build_store(open_source(folder), brightness.preparation)  # like training
    among_all = select(folder, brightness, part)
    assert len(among_all.store.pictures) == 30
    assert alone.notes == among_all.notes
    for name in ("positions", "labels"):
        np.testing.assert_array_equal(getattr(alone, name), getattr(among_all, name))
    for name in ("pictures", "digests"):
        kept, all_of_them = (getattr(one.store, name) for one in (alone, among_all))
        np.testing.assert_array_equal(kept[alone.indices], all_of_them[among_all.indices])


def test_a_broken_picture_in_a_shard_leaves_a_gap(brightness: Model, shards: Callable[..., Path]) -> None:
    folder = shards("train-0.tar", "val-0.tar")
    packed = (folder / "val-0.tar").read_bytes()
    (folder / "val-0.tar").write_bytes(packed.replace(b"IHDR", b"XXXX", 1))
    chosen = select(folder, brightness, "validation")
    assert chosen.positions.tolist() == list(range(11, 20))
    assert [note for note in chosen.notes if "val-0.tar/10.png" in note]


def test_pictures_that_the_model_has_learned_from_none_of_are_all_judged(
    brightness: Model, paint: Paint, tmp_path: Path
) -> None:
    for place in range(10):
        paint(tmp_path / "seen" / "dark" / f"{place}.png", 10, place)
        paint(tmp_path / "seen" / "bright" / f"{place}.png", 220, 20 + place)
        paint(tmp_path / "fresh" / "dark" / f"{place}.png", 30, 40 + place)
        paint(tmp_path / "fresh" / "bright" / f"{place}.png", 200, 60 + place)
    store = build_store(open_source(tmp_path / "seen"), brightness.preparation)
    receipt = write_receipt(store, split(store), data="", settings="{}", seed=0, threads=1)
    model = replace(brightness, receipt=receipt)
    assert len(select(tmp_path / "seen", model).indices) == len(split(store).test)
    fresh = select(tmp_path / "fresh", model)
    assert len(fresh.indices) == 20
    assert "the model was trained on none of these pictures: evaluated on all 20" in fresh.notes
    learned = Path(store.names[int(split(store).train[0])])
    learned.rename(tmp_path / "fresh" / learned.parent.name / "more.png")
    assert len(select(tmp_path / "fresh", model).indices) < 20


def test_pictures_are_split_by_the_pattern_of_the_training(
    brightness: Model, paint: Paint, tmp_path: Path
) -> None:
    for scene in range(10):
        for frame in range(4):
            paint(tmp_path / "dark" / f"scene{scene}_{frame}.png", 10, 10 * scene + frame)
            paint(tmp_path / "bright" / f"scene{scene}_{frame}.png", 220, 100 + 10 * scene + frame)
    store, pattern = build_store(open_source(tmp_path), brightness.preparation), r"(\w+/\w+)_"
    settings = json.dumps({"group_pattern": pattern})
    receipt = write_receipt(store, split(store, pattern), data="", settings=settings, seed=0, threads=1)
    chosen = select(tmp_path, replace(brightness, receipt=receipt))
    scenes = {str(store.names[index]).rpartition("_")[0] for index in chosen.indices.tolist()}
    assert len(scenes) * 4 == len(chosen.indices) == 16
    assert not [note for note in chosen.notes if "learned" in note]
    forgotten = replace(brightness, receipt=receipt | {"settings": "{}"})
    assert any("has learned from some" in note for note in select(tmp_path, forgotten).notes)


def test_all_unknown_classes_are_named_with_what_may_be_meant(
    brightness: Model, paint: Paint, tmp_path: Path
) -> None:
    for label in ("Dark", "bright", "grey"):
        paint(tmp_path / "test" / label / "1.png", 10)
        paint(tmp_path / "train" / label / "1.png", 11)
    with pytest.raises(DataError, match="'Dark', 'grey'") as caught:
        select(tmp_path, brightness)
    assert "dark for Dark" in caught.value.remedy


def test_a_class_that_is_not_judged_may_be_unknown(brightness: Model, paint: Paint, tmp_path: Path) -> None:
    for part, labels in (("train", ("dark", "bright", "other")), ("test", ("dark", "bright"))):
        for label in labels:
            paint(tmp_path / part / label / f"{part}.png", 10)
    assert len(select(tmp_path, brightness).indices) == 2
