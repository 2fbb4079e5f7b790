import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scipy import sparse
from sklearn.preprocessing import MultiLabelBinarizer

from convscope.errors import DataError
from convscope.pictures.sources import open_source

SETS = [("red", "round"), ("red",), (), ("round",)]
PATHS = ["cats/0.png", "cats/1.png", "dogs/0.png", "dogs/1.png"]


@pytest.fixture
def pets(tmp_path, class_folders):
    return class_folders(tmp_path, cats=2, dogs=2)


def csv_of(pets, head, cells):
    path = pets / "list.csv"
    rows = [head, *(f"{name},{cell}" for name, cell in zip(PATHS, cells, strict=True))]
    path.write_text("\n".join(rows))
    return path


def sets_of(source):
    return [item.labels for item in source.items]


@pytest.mark.parametrize("separator", [";", "|", " ; "])
def test_labels_in_one_column_are_found(pets, separator):
    source = open_source(csv_of(pets, "path,label", [separator.join(one) for one in SETS]))
    assert sets_of(source) == SETS
    assert [item.label for item in source.items] == ["red;round", "red", "", "round"]
    assert any("several labels per picture" in note for note in source.notes)
    assert "pictures with none of the labels: 1" in source.notes


def test_columns_of_0_and_1_are_found(pets):
    cells = ["1,1,7", "1,0,8", "0,0,9", "0,1,7"]
    source = open_source(csv_of(pets, "path,red,round,id", cells))
    assert sets_of(source) == SETS
    assert "columns used: path, red, round; ignored: id" in source.notes


def test_lists_and_flags_in_parquet_are_found(pets):
    pq.write_table(pa.table({"path": PATHS, "label": [list(one) for one in SETS]}), pets / "list.parquet")
    assert sets_of(open_source(pets / "list.parquet")) == SETS
    flags = {name: [name in one for one in SETS] for name in ("red", "round")}
    pq.write_table(pa.table({"path": PATHS, **flags}), pets / "flags.parquet")
    assert sets_of(open_source(pets / "flags.parquet")) == SETS


def test_a_missing_list_is_left_out_and_an_empty_one_means_none(pets):
    table = pa.table({"path": PATHS, "label": [["red"], None, [], ["round", "red"]]})
    pq.write_table(table, pets / "list.parquet")
    source = open_source(pets / "list.parquet")
    assert sets_of(source) == [("red",), (), ("red", "round")]
    assert any(note.startswith("left out: 1 ") and "without a label" in note for note in source.notes)


def test_commas_are_asked_about(pets):
    path = csv_of(pets, "path,label", ['"red,round"', "red", "red", "round"])
    asked = open_source(path)
    assert sets_of(asked) == [None] * 4
    assert any("--multi-label" in note for note in asked.notes)
    assert sets_of(open_source(path, several_labels=True)) == [
        ("red", "round"),
        ("red",),
        ("red",),
        ("round",),
    ]


def test_pieces_that_never_recur_are_names(pets):
    cells = ["a;b", "a;b", "c|d", "c|d"]
    assert sets_of(open_source(csv_of(pets, "path,label", cells))) == [None] * 4


def test_the_person_decides(pets):
    path = csv_of(pets, "path,label", ["red;round", "red", "red", "round"])
    assert sets_of(open_source(path, several_labels=False)) == [None] * 4
    one_each = csv_of(pets, "path,label", ["red", "red", "round", "round"])
    assert sets_of(open_source(one_each)) == [None] * 4
    assert sets_of(open_source(one_each, several_labels=True)) == [("red",), ("red",), ("round",), ("round",)]


@pytest.mark.parametrize("cell", ["2,1", "-1,0", ",1"])
def test_columns_with_other_numbers_are_no_labels(pets, cell):
    with pytest.raises(DataError, match="no column of labels"):
        open_source(csv_of(pets, "path,red,round", ["1,0", "1,1", "0,0", cell]))


def test_what_has_one_class_cannot_have_several_labels(pets):
    with pytest.raises(DataError, match="has one class for each picture"):
        open_source(pets, several_labels=True)


def test_if_one_part_has_several_labels_all_have(pets):
    train, test = pets / "train.csv", pets / "test.csv"
    train.write_text("path,label\ncats/0.png,red;round\ncats/1.png,red\n")
    test.write_text("path,label\ndogs/0.png,red\ndogs/1.png,round\n")
    source = open_source(f"train={train},test={test}")
    assert sets_of(source) == [("red", "round"), ("red",), ("red",), ("round",)]
    assert [item.part for item in source.items] == ["train", "train", "test", "test"]


INDICATORS = np.array([["red" in one, "round" in one] for one in SETS]).astype(int)


class Frame:
    """A table with named columns, like pandas's."""

    columns = ("red", "round")

    def __array__(self, dtype=None, copy=None):
        return INDICATORS if dtype is None else INDICATORS.astype(dtype)


@pytest.mark.parametrize(
    "labels",
    [
        Frame(),
        [list(one) for one in SETS],
        [set(one) for one in SETS],
    ],
    ids=["table", "lists", "sets"],
)
def test_arrays_with_names(labels):
    pictures = np.zeros((4, 8, 8), np.uint8)
    assert sets_of(open_source((pictures, labels))) == SETS


@pytest.mark.parametrize("as_given", [np.asarray, sparse.csr_matrix, lambda array: array.astype(bool)])
def test_the_matrix_of_a_binarizer(as_given):
    pictures = np.zeros((4, 8, 8), np.uint8)
    matrix = as_given(MultiLabelBinarizer().fit_transform(SETS))
    assert sets_of(open_source((pictures, matrix))) == [("0", "1"), ("0",), (), ("1",)]


def test_a_matrix_of_other_numbers_is_refused():
    with pytest.raises(DataError, match="must be 0 and 1"):
        open_source((np.zeros((2, 8, 8), np.uint8), np.array([[0.2, 0.8], [1, 0]])))
