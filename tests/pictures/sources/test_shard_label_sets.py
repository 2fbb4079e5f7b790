"""Several labels per picture in shards: joined texts in a tar, lists in a Parquet file."""

import io
import tarfile

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from convscope.pictures.preparation import Preparation
from convscope.pictures.sources import open_source
from convscope.pictures.store_building import build_store

pytestmark = pytest.mark.usefixtures("cache")

SETS = [("red", "round"), ("red",), ("round",), ("round", "soft")]


def encoded(number):
    stream = io.BytesIO()
    pixels = np.random.default_rng(number).integers(0, 256, (8, 8, 3), np.uint8)
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()


def tar_of(path, texts):
    with tarfile.open(path, "w") as tar:
        for number, text in enumerate(texts):
            for name, content in ((f"{number}.png", encoded(number)), (f"{number}.cls", text.encode())):
                info = tarfile.TarInfo(name)
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
    return path


def parquet_of(path, labels):
    table = pa.table({"image": [encoded(number) for number in range(len(labels))], "label": labels})
    pq.write_table(table, path)
    return path


@pytest.mark.parametrize("mark", [";", "|"])
def test_joined_labels_in_a_tar_are_several(tmp_path, mark):
    source = open_source(tar_of(tmp_path / "fruit.tar", [mark.join(one) for one in SETS]))
    assert [item.labels for item in source.items] == SETS
    assert [item.label for item in source.items] == [";".join(one) for one in SETS]
    assert any("several labels per picture" in note for note in source.notes)
    store = build_store(source, Preparation(3, 8, 8))
    assert store.classes == ("red", "round", "soft")
    truth = store.target.indicators(store.labels)
    assert truth.tolist() == [[name in one for name in store.classes] for one in SETS]


def test_a_person_decides_what_a_joined_text_is(tmp_path):
    joined = tar_of(tmp_path / "fruit.tar", [";".join(one) for one in SETS])
    assert {item.labels for item in open_source(joined, several_labels=False).items} == {None}
    commas = tar_of(tmp_path / "commas.tar", ["red,round", "red", "round"])
    assert {item.labels for item in open_source(commas).items} == {None}
    assert open_source(commas, several_labels=True).items[0].labels == ("red", "round")


def test_lists_in_a_parquet_shard_are_several_and_an_empty_one_is_none_of_them(tmp_path):
    source = open_source(parquet_of(tmp_path / "fruit.parquet", [[*one] for one in SETS] + [[], None]))
    assert [item.labels for item in source.items] == [*SETS, ()]
    assert any("none of the labels: 1" in note for note in source.notes)
    assert any("without a label" in note for note in source.notes)


def test_shards_of_one_class_stay_so(tmp_path):
    source = open_source(tar_of(tmp_path / "pets.tar", ["cat", "dog", "cat"]))
    assert {item.labels for item in source.items} == {None}
