import gzip
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convscope.errors import DataError
from convscope.pictures.sources import open_source
from convscope.pictures.sources.idx import read_idx

PICTURES = np.random.default_rng(0).integers(0, 256, (12, 5, 4), np.uint8)
LABELS = (np.arange(12) % 10).astype(np.uint8)


def idx(values, kind=8):
    return struct.pack(f">HBB{values.ndim}I", 0, kind, values.ndim, *values.shape) + values.tobytes()


def write(folder, part, *, zipped=False, dot=False, pictures=PICTURES, labels=LABELS):
    folder.mkdir(exist_ok=True)
    join, suffix = "." if dot else "-", ".gz" if zipped else ""
    pack = gzip.compress if zipped else bytes
    (folder / f"{part}-images{join}idx3-ubyte{suffix}").write_bytes(pack(idx(pictures)))
    (folder / f"{part}-labels{join}idx1-ubyte{suffix}").write_bytes(pack(idx(labels)))
    return folder


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("dot", [False, True])
def test_a_folder_of_pairs(tmp_path, zipped, dot):
    write(tmp_path / "mnist", "train", zipped=zipped, dot=dot)
    write(tmp_path / "mnist", "t10k", zipped=zipped, dot=dot, pictures=PICTURES[:3], labels=LABELS[:3])
    source = open_source(tmp_path / "mnist")
    assert source.name == "mnist"
    assert [item.label for item in source.items] == list("012012345678901")
    assert [item.part for item in source.items] == ["test"] * 3 + ["train"] * 12
    assert np.array_equal(source.read(3 + 7), PICTURES[7])


@pytest.mark.parametrize("name", ["train-images-idx3-ubyte", "train-labels-idx1-ubyte"])
def test_one_file_of_a_pair_is_enough(tmp_path, name):
    write(tmp_path / "mnist", "train")
    write(tmp_path / "mnist", "t10k")
    source = open_source(tmp_path / "mnist" / name)
    assert len(source.items) == 12
    assert {item.part for item in source.items} == {"train"}


def test_partners_may_be_packed_differently_and_twice(tmp_path):
    write(tmp_path / "mnist", "train", zipped=True)
    write(tmp_path / "mnist", "train")
    (tmp_path / "mnist" / "train-labels-idx1-ubyte").unlink()
    assert len(open_source(tmp_path / "mnist").items) == 12


@pytest.mark.parametrize(
    ("pictures", "labels", "message"),
    [
        (idx(PICTURES)[:-1], idx(LABELS), "240 values, but there are 239"),
        (idx(PICTURES) + b"x", idx(LABELS), "240 values, but there are more"),
        (idx(PICTURES), idx(LABELS[:5]), "12 pictures, but there are 5 labels"),
        (idx(PICTURES, kind=13), idx(LABELS), "must start with"),
        (idx(PICTURES[0]), idx(LABELS), "must start with"),
        (b"", idx(LABELS), "not a whole idx file"),
        (struct.pack(">HBB3I", 0, 8, 3, 2**32 - 1, 2**32 - 1, 1), idx(LABELS), "the limit is"),
        (idx(PICTURES[:0]), idx(LABELS[:0]), "cannot be used"),
        (gzip.compress(idx(PICTURES))[:-9], idx(LABELS), "not a whole idx file"),
    ],
)
def test_what_is_wrong_is_said(tmp_path, pictures, labels, message):
    (tmp_path / "train-images-idx3-ubyte").write_bytes(pictures)
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(labels)
    with pytest.raises(DataError, match=message):
        open_source(tmp_path)


@pytest.mark.parametrize("missing", ["train-images-idx3-ubyte", "train-labels-idx1-ubyte"])
def test_a_missing_partner_is_named(tmp_path, missing):
    (write(tmp_path / "mnist", "train") / missing).unlink()
    with pytest.raises(DataError):
        open_source(tmp_path / "mnist")


def test_parts_of_different_sizes_are_an_error(tmp_path):
    write(tmp_path / "mnist", "train")
    write(tmp_path / "mnist", "t10k", pictures=PICTURES[:, :4])
    with pytest.raises(DataError, match="different shapes"):
        open_source(tmp_path / "mnist")


@given(
    st.one_of(
        st.binary(max_size=100),
        st.builds(
            lambda shape, rest: struct.pack(">HBB3I", 0, 8, 3, *shape) + rest,
            st.tuples(*[st.integers(0, 6) | st.integers(0, 2**32 - 1)] * 3),
            st.binary(max_size=100),
        ),
    ),
    st.booleans(),
)
def test_whatever_the_bytes_only_a_data_error_comes(tmp_path_factory, data, zipped):
    path = tmp_path_factory.getbasetemp() / "fuzzed-images-idx3-ubyte"
    path.write_bytes(gzip.compress(data) if zipped else data)
    try:
        values = read_idx(path, dimensions=3)
    except DataError:
        return
    assert idx(values) == data
