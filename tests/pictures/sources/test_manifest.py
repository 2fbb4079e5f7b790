import os

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from convscope.errors import DataError, PictureError
from convscope.pictures.sources import open_source


@pytest.fixture
def pets(tmp_path, class_folders):
    return class_folders(tmp_path, cats=2, dogs=2)


def written(path, text):
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize("comma", [",", ";", "\t"])
@pytest.mark.parametrize("head", [("path", "label"), ("File_Name", "CLASS"), (" image ", "category")])
def test_columns_are_found_by_common_names(pets, comma, head):
    rows = [head, ("cats/0.png", "cat"), ("dogs/1.png", "dog")]
    source = open_source(written(pets / "list.csv", "\n".join(comma.join(row) for row in rows)))
    assert [(item.label, item.part) for item in source.items] == [("cat", None), ("dog", None)]
    assert source.read(1) == (pets / "dogs" / "1.png").read_bytes()


def test_parts_and_other_columns_and_absolute_paths(pets):
    rows = ["id,split,label,path,note", f"1,train,cat,{pets / 'cats/0.png'},", "2,Val,cat,cats/1.png,x"]
    text = "\n".join([*rows, "3,test,dog,dogs/0.png,"])
    source = open_source(written(pets / "list.csv", text))
    assert [item.part for item in source.items] == ["train", "validation", "test"]
    assert source.read(0) == (pets / "cats" / "0.png").read_bytes()


def test_parquet_is_read_like_csv(pets):
    columns = {"image_path": ["cats/0.png", "dogs/1.png"], "target": [3, 12], "split": ["train", "test"]}
    pq.write_table(pa.table(columns), pets / "list.parquet")
    source = open_source(pets / "list.parquet")
    assert [(item.label, item.part) for item in source.items] == [("3", "train"), ("12", "test")]
    assert source.read(1) == (pets / "dogs" / "1.png").read_bytes()


def test_a_byte_order_mark_quotes_and_line_breaks_in_names(pets, encode):
    (pets / "two\nlines, really.png").write_bytes(encode(70))
    text = '\ufeffpath,label\r\n"two\nlines, really.png",cat\r\ndogs/0.png,dog\r\n'
    source = open_source(written(pets / "list.csv", text))
    assert source.read(0) == encode(70)
    assert source.items[0].name == "two\\nlines, really.png"


def test_file_names_need_not_be_utf_8(pets, encode):
    name = b"caf\xe9.png"
    (pets / os.fsdecode(name)).write_bytes(encode(71))
    source = open_source(written(pets / "list.csv", b"path,label\n" + name + b",cat\ndogs/0.png,dog\n"))
    assert source.read(0) == encode(71)


def test_a_missing_file_is_a_broken_picture(pets):
    source = open_source(written(pets / "list.csv", "path,label\ncats/9.png,cat\ncats/0.png,cat\n"))
    with pytest.raises(PictureError, match=r"cats/9\.png(.|\n)*No such file"):
        source.read(0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no column of paths"),
        ("name,label\nx,y\n", "no column of paths(.|\n)*name, label"),
        ("path,colour\nx,y\n", "no column of labels"),
        ("path,label\n", "no rows"),
        ("path,label\ncats/0.png,cat\ncats/1.png,\n", "line 3: the label is empty"),
        ("path,label\ncats/0.png\n", "line 2: the label is empty"),
        ("path,label\n,cat\n", "line 2: the path is empty"),
        ("path,label,split\ncats/0.png,cat,holiday\n", "line 2: 'holiday' is not a part"),
        ('path,label\n"cats/0.png,cat\n', "cannot read"),
        ("path,label\n" + "x" * 200_000 + ",cat\n", "cannot read"),
    ],
)
def test_a_bad_manifest_says_what_and_where(pets, text, message):
    with pytest.raises(DataError, match=message):
        open_source(written(pets / "list.csv", text))


def test_an_empty_label_in_parquet_has_a_row(pets):
    pq.write_table(pa.table({"path": ["cats/0.png", "x"], "label": ["cat", None]}), pets / "list.parquet")
    with pytest.raises(DataError, match="row 2: the label is empty"):
        open_source(pets / "list.parquet")


@pytest.mark.parametrize("data", [b"", b"PAR1", b"PAR1" + bytes(100) + b"PAR1", b"path,label\n"])
def test_a_damaged_parquet_file_is_a_data_error(tmp_path, data):
    with pytest.raises(DataError, match=r"list\.parquet"):
        open_source(written(tmp_path / "list.parquet", data))


def test_the_fingerprint_sees_labels_and_files(pets, encode):
    text = "path,label\ncats/0.png,cat\ndogs/0.png,dog\n"
    prints = {open_source(written(pets / "list.csv", text)).fingerprint() for _ in range(2)}
    prints.add(open_source(written(pets / "list.csv", text.replace("dog\n", "wolf\n"))).fingerprint())
    (pets / "cats" / "0.png").write_bytes(encode(80))
    prints.add(open_source(written(pets / "list.csv", text)).fingerprint())
    assert len(prints) == 3
