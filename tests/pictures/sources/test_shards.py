import gzip
import io
import json
import random

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from convscope.errors import DataError, PictureError
from convscope.pictures.preparation import Preparation
from convscope.pictures.sources import open_source, shard_files
from convscope.pictures.sources.shards import parts_of
from convscope.pictures.store_building import build_store
from tars import tar_of

NAMES = ["cat", "dog", "cow"]


def table(pictures, labels, *, names=None):
    """The bytes of a Parquet file in Hugging Face's format, five rows per group."""
    rows = [{"bytes": data, "path": None} for data in pictures]
    whole = pa.table({"image": rows, "label": labels})
    if names:
        kept = {"info": {"features": {"label": {"names": names, "_type": "ClassLabel"}}}}
        whole = whole.replace_schema_metadata({"huggingface": json.dumps(kept)})
    file = io.BytesIO()
    pq.write_table(whole, file, row_group_size=5)
    return file.getvalue()


@pytest.fixture
def pictures(encode):
    return [encode(number) for number in range(36)]


@pytest.fixture
def tars(pictures):
    """Three shards of twelve pictures."""
    return {
        f"train-{shard:03}.tar": tar_of(
            {
                name: data
                for number in range(12 * shard, 12 * shard + 12)
                for name, data in (
                    (f"{number:04}.cls", NAMES[number % 3].encode()),
                    (f"{number:04}.png", pictures[number]),
                    (f"{number:04}.json", b"{}"),
                )
            }
        )
        for shard in range(3)
    }


@pytest.fixture
def tables(pictures):
    """Three Parquet files of twelve pictures."""
    labels = [number % 3 for number in range(36)]
    return {
        f"train-{shard:05}-of-00003.parquet": table(
            pictures[12 * shard : 12 * shard + 12], labels[12 * shard : 12 * shard + 12], names=NAMES
        )
        for shard in range(3)
    }


@pytest.fixture(params=["tars", "tables"])
def shards(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def folder(shards, tmp_path):
    for name, data in shards.items():
        (tmp_path / "pets" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "pets" / name).write_bytes(data)
    return tmp_path / "pets"


def check(source, pictures):
    assert [item.label for item in source.items] == [NAMES[number % 3] for number in range(36)]
    assert {item.part for item in source.items} == {"train"}
    order = list(range(36))
    random.Random(0).shuffle(order)
    assert [source.read(index) for index in order] == [pictures[index] for index in order]
    some = [0, 1, 4, 5, 11, 12, 30, 35]
    assert [(index, load()) for index, load in source.iterate(some)] == [
        (index, pictures[index]) for index in some
    ]


def test_a_folder_of_shards_is_recognised(folder, pictures):
    (folder / "README.md").write_text("what they are")
    check(open_source(folder), pictures)


def test_a_pattern_of_shards(folder, pictures):
    source = open_source(f"{folder}/train-*")
    assert source.name == "train"
    check(source, pictures)


def test_one_shard_alone(folder, pictures):
    source = open_source(min(folder.iterdir()))
    assert [source.read(index) for index in range(12)] == pictures[:12]


def test_shards_in_object_storage_are_read_where_they_lie(shards, pictures, tmp_path):
    fsspec = pytest.importorskip("fsspec")
    storage = fsspec.filesystem("memory")
    try:
        for name, data in shards.items():
            storage.pipe(f"/bucket/pets/{name}", data)
        for address in ("memory://bucket/pets", "memory://bucket/pets/train-*"):
            source = open_source(address)
            check(source, pictures)
            assert source.items[0].name.startswith("memory://")
        before = source.fingerprint()
        storage.pipe(f"/bucket/pets/{name}", data)  # it was rewritten
        assert open_source(address).fingerprint() != before
        with pytest.raises(DataError, match="no shards"):
            open_source("memory://bucket/others/*.tar")
        with pytest.raises(DataError, match=r"cannot read .*memory://.*gone\.tar"):
            open_source("memory://bucket/pets/gone.tar")
    finally:
        storage.rm("/bucket", recursive=True)
    assert not list(tmp_path.iterdir())


def test_the_store_is_that_of_the_same_pictures_in_a_folder(folder, pictures, tmp_path):
    alike = tmp_path / "alike"
    for number, data in enumerate(pictures):
        path = alike / NAMES[number % 3] / f"{number:04}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    stores = [
        build_store(open_source(data), Preparation(3, 8, 8), folder=tmp_path / "stores")
        for data in (folder, alike)
    ]
    digests = [dict(zip(map(bytes, one.digests), one.pictures, strict=True)) for one in stores]
    assert digests[0].keys() == digests[1].keys()
    assert all(np.array_equal(digests[0][key], digests[1][key]) for key in digests[0])


def test_packed_tars_are_shards_too(tars, pictures, tmp_path):
    path = tmp_path / "pets.tar.gz"
    path.write_bytes(gzip.compress(tars["train-000.tar"]))
    source = open_source(path)
    assert [load() for _, load in source.iterate(range(12))] == pictures[:12]


def test_pictures_without_a_label_are_left_out_and_counted(encode, tmp_path):
    (tmp_path / "a.tar").write_bytes(tar_of({"1.png": encode(1), "1.cls": b"cat", "2.png": encode(2)}))
    source = open_source(tmp_path / "a.tar")
    assert [item.label for item in source.items] == ["cat"]
    assert any(note.startswith("left out: 1 picture, without a .cls") for note in source.notes)


def test_labels_may_be_numbers_or_names(pictures, tmp_path):
    (tmp_path / "a.parquet").write_bytes(table(pictures[:3], [10, 2, 10]))
    (tmp_path / "b.parquet").write_bytes(table(pictures[:2], ["cat", "dog"]))
    assert [item.label for item in open_source(tmp_path / "a.parquet").items] == ["10", "2", "10"]
    assert [item.label for item in open_source(tmp_path / "b.parquet").items] == ["cat", "dog"]


def test_an_empty_cell_is_a_picture_that_cannot_be_read(pictures, tmp_path):
    (tmp_path / "a.parquet").write_bytes(table([pictures[0], None, pictures[2]], ["a", "b", "a"]))
    source = open_source(tmp_path / "a.parquet")
    assert source.read(2) == pictures[2]
    with pytest.raises(PictureError, match="empty"):
        source.read(1)


@pytest.mark.parametrize("cut", [0.31, 0.71])
def test_shards_that_are_cut_short_say_so(folder, cut):
    path = max(folder.iterdir())
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * cut)])
    with pytest.raises(DataError, match="cannot read"):
        open_source(folder)


def test_what_shards_lack_is_said(pictures, tmp_path):
    (tmp_path / "a.parquet").write_bytes(table(pictures[:2], [None, None]))
    with pytest.raises(DataError, match=r"no labelled pictures(.|\n)*2 pictures, without a label"):
        open_source(tmp_path / "a.parquet")
    unlabelled = pa.table({"image": pictures[:2], "size": [1, 2]})
    pq.write_table(unlabelled, tmp_path / "b.parquet")
    with pytest.raises(DataError, match="has no column of labels"):
        open_source(tmp_path / "b.parquet")
    with pytest.raises(DataError, match="no shards"):
        open_source(f"{tmp_path}/*.tar")


def test_a_member_that_leads_out_refuses_the_shard(encode, tmp_path):
    (tmp_path / "a.tar").write_bytes(tar_of({"1.cls": b"cat", "1.png": encode(1), "../2.png": encode(2)}))
    with pytest.raises(DataError, match="points outside"):
        open_source(tmp_path / "a.tar")


def test_without_fsspec_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "fsspec", None)
    with pytest.raises(DataError, match="fsspec is not installed"):
        open_source("s3://pets/train")


def test_an_address_of_an_unknown_kind():
    pytest.importorskip("fsspec")
    with pytest.raises(DataError, match="cannot read"):
        shard_files.remote_shards("nowhere://pets")


@pytest.mark.parametrize(
    ("names", "parts"),
    [
        (["s3://pets/train-0.tar", "s3://pets/val-0.tar"], ("train", "validation")),
        (["pets/train/0.tar", "pets/validation/0.tar"], ("train", "validation")),
        (["pets/test_01.tar", "pets/0001.tar"], ("test", None)),
        (["test/pets.tar"], (None,)),
        (["dev/train-0.tar", "dev/train-1.tar"], ("train", "train")),
        (["dev/train-0.tar", "dev/more.tar"], ("train", None)),
        (["test-pets.tar"], ("test",)),
        (["trainee.tar"], (None,)),
    ],
)
def test_parts_come_from_what_tells_the_shards_apart(names, parts):
    assert parts_of(names) == parts


def test_the_spelling_of_a_path_decides_nothing(tmp_path, tars, monkeypatch):
    (tmp_path / "test").mkdir()
    (tmp_path / "test" / "pets.tar").write_bytes(tars["train-000.tar"])
    monkeypatch.chdir(tmp_path / "test")
    for path in ("pets.tar", "../test/pets.tar", tmp_path / "test" / "pets.tar"):
        assert {item.part for item in open_source(path).items} == {None}


def test_labels_after_many_other_members_make_a_shard(pictures, tmp_path):
    members = {f"part0/{n:02}.png": pictures[n] for n in range(20)}
    members |= {f"part0/{n:02}.cls": NAMES[n % 2].encode() for n in range(20)}
    (tmp_path / "a.tar.gz").write_bytes(tar_of(members, "w:gz"))
    assert {item.label for item in open_source(tmp_path / "a.tar.gz").items} == {"cat", "dog"}


def test_what_a_shard_leaves_out_is_counted(pictures, tmp_path):
    members = {"1.png": pictures[1], "1.cls": b"cat", "2.jp2": b"x", "2.cls": b"dog", "3.png": pictures[3]}
    members |= {
        "4.png": pictures[4],
        "4.jpg": pictures[5],
        "4.cls": b"dog",
        "5.png": pictures[6],
        "5.cls": b"caf\xe9",
    }
    (tmp_path / "a.tar").write_bytes(tar_of(members))
    source = open_source(tmp_path / "a.tar")
    assert [item.label for item in source.items] == ["cat", "dog", "café"]
    for part in (
        "without a .cls",
        "no picture is read (.jp2), labelled (dog)",
        "same key",
        "Windows-1252 (café)",
    ):
        assert any(part in note for note in source.notes), part


def test_a_split_column_beside_pictures_is_honoured(pictures, tmp_path):
    rows = [{"bytes": data, "path": None} for data in pictures[:4]]
    parts = ["train", "val", "test", "train"]
    whole = {"image": rows, "label": [0, 1, 0, 1], "split": parts, "patient": ["a", "b", None, "a"]}
    pq.write_table(pa.table(whole), tmp_path / "a.parquet")
    source = open_source(tmp_path / "a.parquet")
    assert [item.group for item in source.items] == ["a", "b", None, "a"]
    assert [item.part for item in source.items] == ["train", "validation", "test", "train"]
    assert [source.items[3].part, source.read(3)] == ["train", pictures[3]]


@pytest.mark.parametrize(
    ("labels", "names", "classes"),
    [
        ([0, -1, 1, None], NAMES, ["cat", "dog"]),
        ([0, -1, 1, None], None, ["0", "1"]),
        ([-1, 1, -1, 1], None, ["-1", "1", "-1", "1"]),
        ([0.0, float("nan"), 1.0, None], None, ["0", "1"]),
        ([b"cat", None, b"dog", b"cow"], None, ["cat", "dog", "cow"]),
    ],
)
def test_rows_without_a_label_are_left_out_and_the_others_keep_their_pictures(
    pictures, tmp_path, labels, names, classes
):
    (tmp_path / "a.parquet").write_bytes(table(pictures[:4], labels, names=names))
    source = open_source(tmp_path / "a.parquet")
    assert [item.label for item in source.items] == classes
    kept = [row for row in range(4) if labels[row] not in {None, -1} and labels[row] == labels[row]]
    kept = list(range(4)) if "-1" in classes else kept
    assert [source.read(index) for index in range(len(classes))] == [pictures[row] for row in kept]
    assert [item.name.rsplit("/", 1)[1] for item in source.items] == [str(row + 1) for row in kept]


@pytest.mark.parametrize("label", [[[0.5], [1.0]], [0.5, 1.0], ["a", "  "]])
def test_what_is_no_label_is_refused_with_its_row(pictures, tmp_path, label):
    (tmp_path / "a.parquet").write_bytes(table(pictures[:2], label))
    with pytest.raises(DataError, match=r"a\.parquet, row [12]: its label is"):
        open_source(tmp_path / "a.parquet")


def test_a_path_where_a_picture_should_be_is_told(pictures, tmp_path):
    rows = [{"bytes": None, "path": "far/away.jpg"}, {"bytes": pictures[0], "path": None}]
    pq.write_table(pa.table({"image": rows, "label": ["a", "b"]}), tmp_path / "a.parquet")
    with pytest.raises(PictureError, match=r"a path \(far/away\.jpg\)"):
        open_source(tmp_path / "a.parquet").read(0)


@pytest.mark.parametrize(
    ("kind", "label_kind"),
    [
        (pa.binary(), pa.string()),
        (pa.large_binary(), pa.large_string()),
        (pa.binary_view(), pa.string_view()),
        (pa.binary(), pa.dictionary(pa.int8(), pa.string())),
    ],
)
def test_columns_of_any_arrow_type_of_bytes_and_text(pictures, tmp_path, kind, label_kind):
    data = pictures[:4]
    labels = pa.array(["cat", "dog"] * 2).cast(label_kind)
    pq.write_table(pa.table({"image": pa.array(data, kind), "label": labels}), tmp_path / "a.parquet")
    source = open_source(tmp_path / "a.parquet")
    assert [item.label for item in source.items] == ["cat", "dog"] * 2
    assert [source.read(index) for index in range(4)] == data


def test_a_column_of_other_things_than_pictures_is_named(tmp_path):
    pq.write_table(pa.table({"image": [[1, 2], [3, 4]], "label": ["a", "b"]}), tmp_path / "a.parquet")
    with pytest.raises(DataError, match=r"row 1: list is no path(.|\n)*'image' holds neither paths"):
        open_source(tmp_path / "a.parquet")
