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


@pytest.mark.parametrize("name", ["group", "Patient", "scene_id"])
@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_column_of_groups(pets, name, suffix):
    path = pets / f"list{suffix}"
    columns = {
        "path": ["cats/0.png", "cats/1.png", "dogs/0.png"],
        "label": ["cat", "cat", "dog"],
        name: [7, 7, None],
    }
    if suffix == ".csv":
        written(path, f"path,label,{name}\ncats/0.png,cat,7\ncats/1.png,cat,7\ndogs/0.png,dog,\n")
    else:
        pq.write_table(pa.table(columns), path)
    source = open_source(path)
    assert [item.group for item in source.items] == ["7", "7", None]
    assert source.notes == (f"columns used: path, label, {name}",)
    changed = columns | {name: [7, 8, None]}
    pq.write_table(pa.table(changed), pets / "other.parquet")
    assert open_source(pets / "other.parquet").fingerprint() != source.fingerprint()


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
        ("path,label\ncats/0.png,cat\ncats/1.png,  \n", "line 3: its label is blank"),
        ("path,label\ncats/0.png\n", "line 2: it has 1 cell, and the header has 2"),
        ("path,label\ncats/0.png,cat, dark\n", "line 2: it has 3 cells(.|\n)*quotation marks"),
        ("path,label\ncats/0.png,\n", "without a label"),
        ("path,label\n,cat\n", "line 2: the path is empty"),
        ("path,label,split\ncats/0.png,cat,holiday\n", "line 2: 'holiday' is not a part"),
        ("path,label,split\ncats/0.png,cat,\n", "line 2: '' is not a part"),
        ('path,label\n"cats/0.png,cat\n', "cannot read(.|\n)*lines 1 to 2"),
        ("path,label\n" + "x" * 200_000 + ",cat\n", "cannot read"),
    ],
)
def test_a_bad_manifest_says_what_and_where(pets, text, message):
    with pytest.raises(DataError, match=message):
        open_source(written(pets / "list.csv", text))


@pytest.mark.parametrize("kind", ["list.csv", "list.parquet"])
def test_rows_without_a_label_are_left_out_and_counted(pets, kind):
    paths, labels = ["cats/0.png", "cats/1.png", "dogs/0.png"], ["cat", None, "dog"]
    if kind.endswith("csv"):
        written(pets / kind, "path,label\ncats/0.png,cat\ncats/1.png,\ndogs/0.png,dog\n")
    else:
        pq.write_table(pa.table({"path": paths, "label": labels}), pets / kind)
    source = open_source(pets / kind)
    assert [item.label for item in source.items] == ["cat", "dog"]
    assert source.read(1) == (pets / "dogs" / "0.png").read_bytes()
    assert source.notes == ("left out: 1 picture, without a label",)


@pytest.mark.parametrize(
    ("labels", "classes", "left_out"),
    [
        (pa.array([0.0, None, 1.0, float("nan")], from_pandas=False), ["0", "1"], 2),
        (pa.array([0, 1, -1, 1]), ["0", "1", "1"], 1),
        (pa.array([-1, 1, -1, 1]), ["-1", "1", "-1", "1"], 0),
        (pa.array([b"cat", "k\u00e4fer".encode(), b"caf\xe9", b" dog "]), ["cat", "käfer", "café", "dog"], 0),
        (pa.array([True, False, None, True]), ["True", "False", "True"], 1),
    ],
)
def test_labels_of_any_type_mean_what_their_writers_meant(pets, labels, classes, left_out):
    paths = ["cats/0.png", "cats/1.png", "dogs/0.png", "dogs/1.png"]
    pq.write_table(pa.table({"path": paths, "label": labels}), pets / "list.parquet")
    source = open_source(pets / "list.parquet")
    assert [item.label for item in source.items] == classes
    assert any(note.startswith(f"left out: {left_out} picture") for note in source.notes) == bool(left_out)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (pa.array([0.0, 0.5]), r"row 2: its label is the number 0\.5"),
        (pa.array(["cat", " "]), "row 2: its label is blank"),
    ],
)
def test_what_is_no_label_is_refused_with_its_row(pets, labels, message):
    pq.write_table(pa.table({"path": ["cats/0.png", "cats/1.png"], "label": labels}), pets / "list.parquet")
    with pytest.raises(DataError, match=message):
        open_source(pets / "list.parquet")


def test_a_list_of_labels_is_refused_where_a_picture_has_one_class(pets):
    table = pa.table({"path": ["cats/0.png", "cats/1.png"], "label": pa.array([["cat", "dog"], ["cat"]])})
    pq.write_table(table, pets / "list.parquet")
    with pytest.raises(DataError, match="row 1: its label is a list"):
        open_source(pets / "list.parquet", several_labels=False)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_table_in_any_usual_encoding_has_the_same_classes(pets, encoding):
    text = "path,label\ncats/0.png,café\ndogs/0.png,Käfer\n"
    source = open_source(written(pets / "list.csv", text.encode(encoding)))
    assert [item.label for item in source.items] == ["café", "Käfer"]
    assert bool(source.notes) == (encoding == "cp1252")
    assert not source.notes or "Windows-1252 (Käfer, café)" in source.notes[0]


def test_text_that_is_utf_16_without_its_mark_is_refused(pets):
    with pytest.raises(DataError, match="UTF-16"):
        open_source(written(pets / "list.csv", "path,label\ncats/0.png,cat\n".encode("utf-16-le")))


def test_a_file_may_be_named_in_the_encoding_of_the_table(pets, encode):
    (pets / "café.png").write_bytes(encode(72))
    source = open_source(
        written(pets / "list.csv", "path,label\ncafé.png,cat\ndogs/0.png,dog\n".encode("cp1252"))
    )
    assert source.read(0) == encode(72)


def test_columns_that_are_not_used_are_named(pets):
    source = open_source(written(pets / "list.csv", "path,label,class,fold\ncats/0.png,a,b,1\n"))
    assert source.notes == ("columns used: path, label; ignored: class, fold",)


@pytest.mark.parametrize(("joiner", "several"), [(";", False), ("|", False), (",", None)])
def test_several_labels_in_one_are_warned_of_where_a_picture_has_one_class(pets, joiner, several):
    rows = f'cats/0.png,red\ncats/1.png,round\ndogs/0.png,"red{joiner}round"\n'
    source = open_source(written(pets / "list.csv", f"path,label\n{rows}"), several_labels=several)
    assert source.notes[0].startswith(f"several labels in one ('red{joiner}round')")


def test_paths_that_all_lead_nowhere_are_refused_at_once(pets):
    with pytest.raises(DataError, match="none of the pictures") as caught:
        open_source(written(pets / "list.csv", "path,label\nelsewhere/0.png,cat\n"))
    assert str(pets / "elsewhere/0.png") in caught.value.why
    with pytest.raises(DataError, match=r"the paths lack the suffix '\.png'"):
        open_source(written(pets / "list.csv", "path,label\ncats/0,cat\n"))


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


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [("utf-32-le", b"\xff\xfe\0\0"), ("utf-32-be", b"\0\0\xfe\xff"), ("utf-16-be", b"\xfe\xff")],
)
def test_text_with_a_mark_is_read_as_the_mark_says(pets, encoding, mark):
    text = "path,label\ncats/0.png,käs\ndogs/0.png,猫\n"
    source = open_source(written(pets / "list.csv", mark + text.encode(encoding)))
    assert [item.label for item in source.items] == ["käs", "猫"]


def test_the_separator_that_a_spreadsheet_names(pets):
    source = open_source(written(pets / "list.csv", "sep=|\r\npath|label\r\ncats/0.png|a,b\r\n  \r\n"))
    assert [(item.name, item.label) for item in source.items] == [("cats/0.png", "a,b")]


@pytest.mark.parametrize("path", ["cats\\0.png", " cats/0.png ", "file://{pets}/cats/0.png"])
def test_paths_as_other_programs_write_them(pets, path):
    named = path.format(pets=pets)
    source = open_source(written(pets / "list.csv", f"path,label\n{named},cat\ndogs/0.png,dog\n"))
    assert source.read(0) == (pets / "cats" / "0.png").read_bytes()


def test_a_path_is_first_taken_as_it_is_written(pets, encode):
    for seed, name in enumerate((" 0.png", "0.png", "a\\0.png", "a/0.png")):
        (pets / name).parent.mkdir(exist_ok=True)
        (pets / name).write_bytes(encode(seed))
    source = open_source(written(pets / "list.csv", "path,label\n 0.png,a\na\\0.png,b\n"))
    assert [source.read(index) for index in (0, 1)] == [encode(0), encode(2)]


def test_web_addresses_are_refused_with_the_way_out(pets):
    with pytest.raises(DataError, match="download them") as caught:
        open_source(written(pets / "list.csv", "path,label\nhttps://example.org/a.png,cat\n"))
    assert "https://example.org/a.png" in str(caught.value)


def test_two_columns_of_one_name_are_refused(pets):
    with pytest.raises(DataError, match="has 2 columns 'label'"):
        open_source(written(pets / "list.csv", "path,label,label\ncats/0.png,a,b\n"))
    unused = open_source(written(pets / "list.csv", "path,label,,x,x\ncats/0.png,a,1,2,3\n"))
    assert "columns used: path, label; ignored: a column without a name, x, x" in unused.notes


def test_an_open_quotation_mark_is_looked_for_where_its_row_begins(pets):
    rows = ["cats/0.png,a", 'cats/1.png,"b', *["dogs/0.png,c"] * 9]
    with pytest.raises(DataError, match="lines 3 to 12: unexpected end of data"):
        open_source(written(pets / "list.csv", "\n".join(["path,label", *rows, ""])))
